import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  babePreDigestItem,
  babeSealItem,
  type Header,
  sealPayload,
  signedVotePayload,
} from "@pha/consensus";
import { ed25519Verify, sr25519Verify, vrfVerifyBabe } from "@pha/crypto";
import { concatBytes, decode, encode } from "@pha/scale";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inProcessKeys } from "../testing/in-process-signer.ts";
import type { OwnVote, SessionPair } from "./keystore.ts";
import { openSigner, SIGNED_FOLDER } from "./open-signer.ts";
import type { RemoteKeys } from "./remote-keys.ts";
import { openSecret } from "./secret-keys.ts";
import { createSignerMachine } from "./signer-machine.ts";
import { MAX_STORED_KEYS, SignerRequest } from "./signer-messages.ts";
import { volatileJournal } from "./signing-journal.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-signer-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const SLOT = 7n;
let keys: RemoteKeys;
let pair: SessionPair;
beforeAll(async () => {
  keys = inProcessKeys(folder);
  pair = await keys.sessionKeys.generate();
});

function aHeader(stateRoot: number, digest?: Header["digest"]): Header {
  const claim = { type: "SecondaryPlain" as const, value: { authorityIndex: 0, slot: SLOT } };
  return {
    parentHash: fill(1),
    number: 5,
    stateRoot: fill(stateRoot),
    extrinsicsRoot: fill(2),
    digest: digest ?? [babePreDigestItem(claim)],
  };
}

function aVote(target: number, kind: OwnVote["kind"] = "prevote"): OwnVote {
  return { kind, setId: 1n, round: 3n, target: { hash: fill(target), number: 5 } };
}

test("what it signs verifies with the keys it made", async () => {
  const input = { randomness: fill(3), slot: SLOT, epoch: 1n };
  const vrf = await keys.keystore.prove(pair.babe, input);
  expect(vrfVerifyBabe(pair.babe, input, vrf)).toBe(true);
  expect(await keys.keystore.draw(pair.babe, input)).toEqual(vrf.preOutput);
  const header = aHeader(1);
  const seal = await keys.keystore.seal(pair.babe, header);
  expect(sr25519Verify(pair.babe, sealPayload(header), seal)).toBe(true);
  const vote = aVote(1);
  const signature = await keys.keystore.vote(pair.grandpa, vote);
  const payload = signedVotePayload(vote.kind, { ...vote.target, round: 3n, setId: 1n });
  expect(ed25519Verify(pair.grandpa, payload, signature)).toBe(true);
});

test("it seals one header in a slot and casts one vote of a kind in a round, the same ones as often as asked", async () => {
  const { keystore } = keys;
  await keystore.seal(pair.babe, aHeader(1));
  await expect(keystore.seal(pair.babe, aHeader(9))).rejects.toMatchObject({
    code: "signer/equivocation",
    facts: { kind: "seal", slot: "7" },
  });
  for (const kind of ["prevote", "precommit", "proposal"] as const) {
    const first = await keystore.vote(pair.grandpa, aVote(1, kind));
    expect(await keystore.vote(pair.grandpa, aVote(1, kind))).toEqual(first);
    await expect(keystore.vote(pair.grandpa, aVote(2, kind))).rejects.toMatchObject({
      code: "signer/equivocation",
    });
  }
});

test("requests are read whole or not at all", () => {
  const requests: readonly SignerRequest[] = [
    { type: "Open", value: { folder: "/keys", authority: "//Alice" } },
    { type: "Draw", value: { key: fill(1), randomness: fill(2), slot: 1n, epoch: 2n } },
    { type: "Seal", value: { key: fill(1), header: aHeader(1) } },
    { type: "Vote", value: { key: fill(1), ...aVote(1) } },
    { type: "Insert", value: { type: "gran", uri: "//Alice", key: fill(1) } },
    { type: "ProveOwnership", value: { pair, owner: fill(1) } },
  ];
  for (const request of requests) {
    const bytes = encode(SignerRequest, request);
    expect(decode(SignerRequest, bytes)).toEqual({ ok: true, value: request });
    for (let end = 0; end < bytes.length; end++)
      expect(decode(SignerRequest, bytes.subarray(0, end)).ok).toBe(false);
    expect(decode(SignerRequest, concatBytes(bytes, Uint8Array.of(0))).ok).toBe(false);
  }
});

describe("is refused", () => {
  test.each([
    ["without the claim of a slot", () => aHeader(4, [])],
    ["with a seal", () => aHeader(4, [...aHeader(4).digest, babeSealItem(new Uint8Array(64))])],
  ])("a header %s", async (_, header) => {
    await expect(keys.keystore.seal(pair.babe, header())).rejects.toMatchObject({
      code: "signer/no-claim",
    });
  });

  test("everything, with a key that is not there", async () => {
    const { keystore } = keys;
    expect([keystore.has("babe", fill(1)), keystore.has("gran", pair.babe)]).toEqual([
      false,
      false,
    ]);
    const input = { randomness: fill(3), slot: SLOT, epoch: 1n };
    for (const asked of [
      keystore.draw(fill(1), input),
      keystore.prove(fill(1), input),
      keystore.seal(fill(1), aHeader(1)),
      keystore.vote(fill(1), aVote(1)),
    ])
      await expect(asked).rejects.toMatchObject({ code: "keystore/no-key" });
  });

  test("new keys, by a signer without a folder; opening twice; more keys than it keeps apart", () => {
    const journal = volatileJournal();
    const authority = openSecret("//Alice");
    const handle = createSignerMachine({ folder: undefined, authority, journal });
    const codeOf = (answer: ReturnType<typeof handle>) =>
      answer.type === "Failed" ? answer.value.code : answer.type;
    expect(codeOf(handle({ type: "Generate", value: undefined }))).toBe("keystore/no-folder");
    expect(codeOf(handle({ type: "List", value: undefined }))).toBe("Keys");
    const open = { folder: undefined, authority: undefined };
    expect(codeOf(handle({ type: "Open", value: open }))).toBe("signer/already-open");
    const stored = Array.from({ length: MAX_STORED_KEYS + 1 }, () => ({
      type: "babe" as const,
      key: fill(1),
    }));
    const full = { keys: () => stored } as never;
    const crowded = createSignerMachine({ folder: full, authority: undefined, journal });
    expect(codeOf(crowded({ type: "List", value: undefined }))).toBe("signer/too-many-keys");
  });

  test("a folder that another signer has, until that one ends; what it signed is known to the next", async () => {
    const path = join(folder, "shared");
    const open = { folder: path, authority: "//Alice" };
    const { babeKey } = openSecret("//Alice");
    const seal = (stateRoot: number) =>
      ({ type: "Seal", value: { key: babeKey, header: aHeader(stateRoot) } }) as const;
    const first = await openSigner(open);
    expect(first.handle(seal(1)).type).toBe("Signature");
    await expect(openSigner(open, { lockMs: 0 })).rejects.toMatchObject({
      code: "signer/in-use",
      facts: { path },
    });
    await first.close();
    const second = await openSigner(open, { lockMs: 0 });
    expect(second.handle(seal(2))).toMatchObject({ value: { code: "signer/equivocation" } });
    expect(second.handle(seal(1)).type).toBe("Signature");
    await second.close();
    rmSync(join(path, SIGNED_FOLDER), { recursive: true });
    const forgetful = await openSigner(open, { lockMs: 0 });
    // The positive control: the folder is what the refusal came from.
    expect(forgetful.handle(seal(2)).type).toBe("Signature");
    await forgetful.close();
  });
});
