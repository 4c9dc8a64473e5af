import { blake2b256 } from "@pha/crypto";
import { developmentPreset } from "@pha/runtime";
import { compact, concatBytes, encode, toHex, u32, u64 } from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import { describe, expect, test } from "vitest";
import { decodeMetadata } from "../metadata/runtime-metadata.ts";
import { fakeChain, filled } from "../testing/fake-chain.ts";
import { devSigner } from "./accounts.ts";
import { fetchBlock } from "./block-body.ts";
import { openChain } from "./chain.ts";
import { decodeExtrinsic } from "./decode-extrinsic.ts";
import { signExtrinsic } from "./extrinsic.ts";

const decoded = decodeMetadata(developmentPreset().runtime.metadata(14));
if (!decoded.ok) throw new Error("the development chain has metadata");
const metadata = decoded.value;
const alice = devSigner("Alice");

function call(pallet: string, name: string, args: unknown): Uint8Array {
  const bytes = metadata.encodeCall(pallet, name, args);
  if (bytes === undefined) throw new Error(`no call ${pallet}.${name}`);
  return bytes;
}

const remark = call("System", "remark", { remark: filled(5) });
const signed = await signExtrinsic(
  { metadata, genesisHash: filled(1), specVersion: 1, transactionVersion: 1 },
  alice,
  remark,
  { nonce: 7, tip: 5n },
);
const set = call("Timestamp", "set", { now: 1_700_000_000_000n });
const bare = concatBytes(encode(compact(u32), set.length + 1), Uint8Array.of(4), set);

describe("an extrinsic", () => {
  test("is read with signer, extensions and arguments", () => {
    const read = decodeExtrinsic(metadata, signed);
    if (!read.ok) throw new Error(read.error.code);
    const { pallet, call: name, args, signature } = read.value;
    expect({ pallet, name, args }).toEqual({
      pallet: "System",
      name: "remark",
      args: { remark: filled(5) },
    });
    expect(signature?.signer).toEqual(alice.publicKey);
    expect(signature?.extensions).toMatchObject({ CheckNonce: 7, ChargeTransactionPayment: 5n });
  });

  test("without a signature is read too", () => {
    expect(decodeExtrinsic(metadata, bare)).toMatchObject({
      ok: true,
      value: { signature: undefined, pallet: "Timestamp", call: "set" },
    });
  });

  test("cut short anywhere, longer, or changed in its head is refused and never throws", () => {
    for (let length = 0; length < signed.length; length++)
      expect(decodeExtrinsic(metadata, signed.subarray(0, length)).ok).toBe(false);
    expect(decodeExtrinsic(metadata, concatBytes(signed, filled(0))).ok).toBe(false);
    for (const at of [2, 3, 36]) {
      const changed = Uint8Array.from(signed);
      changed[at] = 0xff;
      expect(decodeExtrinsic(metadata, changed), `byte ${at}`).toEqual({
        ok: false,
        error: { code: "extrinsic/malformed" },
      });
    }
  });
});

describe("a block", () => {
  const extrinsics = [bare, signed];
  const header = {
    parentHash: toHex(filled(2)),
    number: "0x9",
    stateRoot: toHex(filled(3)),
    extrinsicsRoot: toHex(orderedTrieRoot(extrinsics)),
    digest: { logs: [toHex(encode(u64, 1n))] },
  };
  const hash = blake2b256(
    concatBytes(
      filled(2),
      encode(compact(u32), 9),
      filled(3),
      orderedTrieRoot(extrinsics),
      encode(compact(u32), 1),
      encode(u64, 1n),
    ),
  );
  const body = { header, extrinsics: extrinsics.map(toHex) };
  const chainWith = (block: unknown) =>
    openChain(fakeChain(undefined, { chain_getBlock: () => ({ block }) }).rpc);

  test("is what hashes to the verified one", async () => {
    const chain = await chainWith(body);
    const read = await fetchBlock(chain, { number: 9, hash });
    expect(read.at).toBe(1_700_000_000_000);
    expect(read.extrinsics.map(({ decoded: one }) => one?.call)).toEqual(["set", "remark"]);
    expect(read.extrinsics[1]?.hash).toEqual(blake2b256(signed));
  });

  test.each([
    ["another header", { ...body, header: { ...header, stateRoot: toHex(filled(4)) } }],
    ["one extrinsic less", { ...body, extrinsics: body.extrinsics.slice(1) }],
    ["another extrinsic", { ...body, extrinsics: [toHex(bare), toHex(bare)] }],
    ["no header", { extrinsics: body.extrinsics }],
    ["digests that are none", { ...body, header: { ...header, digest: { logs: [7] } } }],
    ["extrinsics that are none", { ...body, extrinsics: "0x00" }],
    ["nothing", null],
  ])("with %s is refused", async (_what, block) => {
    const chain = await chainWith(block);
    await expect(fetchBlock(chain, { number: 9, hash })).rejects.toMatchObject({
      code: "chain/wrong-block",
    });
  });
});
