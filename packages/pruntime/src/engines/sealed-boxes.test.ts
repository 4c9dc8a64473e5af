import { hmacSha256, hpkeSeal, x25519PublicKey } from "@pha/crypto";
import { DOMAIN } from "@pha/protocol";
import { concatBytes, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { createClusterMachine } from "./cluster-machine.ts";
import { HOST_FUEL } from "./engine.ts";
import { createJavascriptEngine } from "./javascript/javascript-engine.ts";
import { NODE_CRYPTOGRAPHY } from "./node-cryptography.ts";
import { openBoxes } from "./sealed-boxes.ts";
import { artefactOf } from "./testing/artefact.ts";
import { answerOf, EMPTY_HOST, probeCode, runProbe } from "./testing/probe.ts";

const CONTRACT = new Uint8Array(32).fill(1);
const VIEWS = utf8("views");
const boxes = openBoxes(CONTRACT, (domain) => new Uint8Array(32).fill(domain.length));

function sealed(
  plaintext: Uint8Array,
  options: { readonly to?: Uint8Array; readonly contract?: Uint8Array; domain?: Uint8Array } = {},
): Uint8Array {
  const { to = boxes.publicKey(VIEWS), contract = CONTRACT, domain = VIEWS } = options;
  const { enc, ciphertext } = hpkeSeal({
    recipient: to,
    ephemeralSecret: new Uint8Array(32).fill(77),
    info: concatBytes(DOMAIN.sealedBox, contract, domain),
    aad: new Uint8Array(0),
    plaintext,
  });
  return concatBytes(Uint8Array.of(1), enc, ciphertext);
}

test("what the library's HPKE seals is opened, of any length", () => {
  for (const length of [0, 1, 31, 256, 60_000]) {
    const plain = new Uint8Array(length).fill(length & 255);
    expect(boxes.open(VIEWS, sealed(plain))).toEqual(plain);
  }
});

test("a key is of one contract and one domain", () => {
  const box = sealed(utf8("a view"));
  expect(boxes.open(utf8("other"), box)).toBeUndefined();
  const other = openBoxes(new Uint8Array(32).fill(2), () => new Uint8Array(32).fill(VIEWS.length));
  expect(other.publicKey(VIEWS)).toEqual(boxes.publicKey(VIEWS));
  expect(other.open(VIEWS, box)).toBeUndefined();
  expect(boxes.open(VIEWS, sealed(utf8("x"), { domain: utf8("views2") }))).toBeUndefined();
});

test("whatever is no box opens nothing: cut, flipped anywhere, another suite, a key of small order", () => {
  const box = sealed(utf8("a view"));
  for (let length = 0; length < box.length; length++)
    expect(boxes.open(VIEWS, box.subarray(0, length))).toBeUndefined();
  for (let at = 0; at < box.length; at++) {
    const bad = box.slice();
    bad[at] = (bad[at] ?? 0) ^ 1;
    expect(boxes.open(VIEWS, bad), `byte ${at}`).toBeUndefined();
  }
  const zero = box.slice();
  zero.fill(0, 1, 33);
  expect(boxes.open(VIEWS, zero)).toBeUndefined();
});

test("keys that went from the cache come back the same", () => {
  const first = boxes.publicKey(VIEWS);
  for (let i = 6; i < 60; i++) boxes.publicKey(new Uint8Array(i));
  expect(boxes.publicKey(VIEWS)).toEqual(first);
  expect(boxes.open(VIEWS, sealed(utf8("x"), { to: first }))).toEqual(utf8("x"));
});

/** Asks for its key; then opens what its arguments hold and answers the length, or −1. */
const PROBE = probeCode(`
  const has = view.getUint32(12, true);
  const box = data.slice(0, has);
  data[0] = 118;
  if (has === 0) { operation(11, 1, 0); operation(7, 32, 0); return; }
  data.set(box, 1);
  operation(12, 1, has);
  answer(result());`);

function machineOf(contract: Uint8Array, pseudonymKey: Uint8Array) {
  const machine = createClusterMachine(createJavascriptEngine(), NODE_CRYPTOGRAPHY);
  const code = artefactOf(PROBE);
  machine.handle({ type: "load-contract", contract, code, owner: contract, pseudonymKey });
  return (args: Uint8Array) => {
    const response = machine.handle({
      type: "query",
      query: 1,
      block: { number: 1, timestampMs: 1n },
      call: {
        contract,
        kind: "query",
        selector: new Uint8Array(4),
        args,
        caller: contract,
        fuelLimit: 10_000_000n,
        seed: new Uint8Array(32),
      },
    });
    return response?.type === "queried" && response.outcome.status === "ok"
      ? response.outcome
      : undefined;
  };
}

test("replicas of a contract have one key and open the same boxes at the same fuel; another contract has another key", () => {
  const key = new Uint8Array(32).fill(5);
  const [one, two] = [machineOf(CONTRACT, key), machineOf(CONTRACT, key)];
  const publicKey = one(new Uint8Array(0))?.output ?? new Uint8Array(0);
  expect(publicKey).toEqual(
    x25519PublicKey(hmacSha256(key, concatBytes(DOMAIN.boxKey, utf8("v")))),
  );
  const box = sealed(utf8("seven b"), { to: publicKey, domain: utf8("v") });
  const opened = one(box);
  expect(opened?.output).toEqual(Uint8Array.of(7, 0, 0, 0));
  expect(two(box)).toEqual(opened);
  expect(two(new Uint8Array(0))?.output).toEqual(publicKey);
  const other = machineOf(new Uint8Array(32).fill(2), key);
  expect(other(box)?.output).toEqual(Uint8Array.of(255, 255, 255, 255));
  const rekeyed = machineOf(CONTRACT, new Uint8Array(32).fill(6));
  expect(rekeyed(new Uint8Array(0))?.output).not.toEqual(publicKey);
});

test("fuel is paid before the curve is asked, and lengths beyond the mailbox trap", () => {
  let asked = 0;
  const host = {
    ...EMPTY_HOST,
    openBox: () => {
      asked++;
      return undefined;
    },
  };
  const open = (a: number, b: number) => `operation(12, ${a}, ${b}); answer(result() + 2);`;
  expect(answerOf(runProbe(open(5, 100), { host }) as never)).toBe(1);
  expect(asked).toBe(1);
  const poor = runProbe(open(5, 100), { host, fuel: HOST_FUEL.box });
  expect(poor).toMatchObject({ status: "trapped", reason: "fuel" });
  for (const [a, b] of [
    [129, 10],
    [-1, 10],
    [5, 70_000],
    [5, -1],
  ] as const)
    expect(runProbe(open(a, b), { host })).toMatchObject({ status: "trapped", reason: "engine" });
  expect(asked).toBe(1);
});
