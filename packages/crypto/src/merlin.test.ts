import { utf8 } from "@pha/scale";
import { __tests } from "@scure/sr25519";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createStrobe, createTranscript } from "./merlin.ts";

const label = fc.string({ unit: "grapheme-ascii", maxLength: 20 });
const data = fc.uint8Array({ maxLength: 400 });

test("random transcripts give the oracle's challenges and state", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("append" as const), label, data }),
    fc.record({ kind: fc.constant("challenge" as const), label, length: fc.nat(300) }),
  );
  fc.assert(
    fc.property(label, fc.array(step, { maxLength: 12 }), (name, steps) => {
      const ours = createTranscript(name);
      const oracle = new __tests.Merlin(name);
      for (const next of steps) {
        if (next.kind === "append") {
          ours.append(next.label, next.data);
          oracle.appendMessage(next.label, next.data);
        } else
          expect(ours.challenge(next.label, next.length)).toEqual(
            oracle.challengeBytes(next.label, next.length),
          );
      }
      const { state, position, positionBegin, flags } = ours.inspect();
      expect(state).toEqual(oracle.strobe.state);
      expect([position, positionBegin, flags]).toEqual([
        oracle.strobe.pos,
        oracle.strobe.posBegin,
        oracle.strobe.curFlags,
      ]);
    }),
    { numRuns: 40 },
  );
});

test("keying gives the oracle's output", () => {
  fc.assert(
    fc.property(data, (key) => {
      const ours = createStrobe(utf8("p"));
      const oracle = new __tests.Strobe128("p");
      ours.key(key);
      oracle.KEY(key, false);
      expect(ours.prf(70)).toEqual(oracle.PRF(70, false));
    }),
    { numRuns: 10 },
  );
});

test("numbers are appended as eight bytes, least significant first", () => {
  const [a, b] = [createTranscript("t"), createTranscript("t")];
  a.appendU64("slot", 0x0102030405060708n);
  b.append("slot", Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1));
  expect(a.challenge("c", 32)).toEqual(b.challenge("c", 32));
});

test("a copy goes its own way", () => {
  const transcript = createTranscript("t");
  const copy = transcript.clone();
  copy.append("more", utf8("data"));
  expect(transcript.challenge("c", 32)).toEqual(createTranscript("t").challenge("c", 32));
  expect(copy.challenge("c", 32)).not.toEqual(createTranscript("t").challenge("c", 32));
});

test("a witness depends on the secret and the transcript, and leaves the transcript as it was", () => {
  const transcript = createTranscript("t");
  const secret = new Uint8Array(32).fill(1);
  const witness = transcript.witness("nonce", 64, secret);
  expect(transcript.witness("nonce", 64, secret)).toEqual(witness);
  expect(transcript.witness("nonce", 64, new Uint8Array(32))).not.toEqual(witness);
  const other = createTranscript("t");
  other.append("m", utf8("x"));
  expect(other.witness("nonce", 64, secret)).not.toEqual(witness);
  expect(transcript.challenge("c", 32)).toEqual(createTranscript("t").challenge("c", 32));
});

test("continuing an operation of another kind is a programming error", () => {
  const strobe = createStrobe(utf8("p"));
  strobe.ad(utf8("a"), "begin");
  expect(() => strobe.metaAd(utf8("b"), "more")).toThrow(/same flags/);
});
