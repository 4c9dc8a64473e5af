/** Fields for wallets against the reader that most wallets have: polkadot.js. */

import { blake2b256 } from "@pha/crypto";
import { developmentPreset } from "@pha/runtime";
import { toHex } from "@pha/scale";
import { signedBytes } from "@pha/test-wallet";
import { TypeRegistry } from "@polkadot/types";
import { Metadata } from "@polkadot/types/metadata";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { devSigner } from "../chain/accounts.ts";
import { type ExtrinsicPayload, type SigningOptions, signExtrinsic } from "../chain/extrinsic.ts";
import { decodeMetadata, type RuntimeMetadata } from "../metadata/runtime-metadata.ts";
import { payloadJson } from "./payload-json.ts";

let metadata: RuntimeMetadata;
let registry: TypeRegistry;

// It says that it does not know one extension of ours, which has no part in what is signed.
const warnings = vi.spyOn(console, "warn").mockImplementation(() => undefined);
afterAll(() => warnings.mockRestore());

beforeAll(() => {
  const bytes = developmentPreset().runtime.metadata(14);
  const decoded = decodeMetadata(bytes);
  if (!decoded.ok) throw new Error(decoded.error.code);
  metadata = decoded.value;
  registry = new TypeRegistry();
  registry.setMetadata(new Metadata(registry, toHex(bytes) as `0x${string}`));
});

/** What `signExtrinsic` gives to a wallet. */
async function payloadOf(options: SigningOptions, remark: Uint8Array): Promise<ExtrinsicPayload> {
  const call = metadata.encodeCall("System", "remark", { remark });
  if (call === undefined) throw new Error("no such call");
  const context = {
    metadata,
    genesisHash: blake2b256(Uint8Array.of(1)),
    specVersion: 258,
    transactionVersion: 3,
  };
  let given: ExtrinsicPayload | undefined;
  const signer = {
    ...devSigner("Alice"),
    signExtrinsic: async (payload: ExtrinsicPayload) => {
      given = payload;
      return new Uint8Array(64);
    },
  };
  await signExtrinsic(context, signer, call, options);
  if (given === undefined) throw new Error("nothing was asked");
  return given;
}

const hash = blake2b256(Uint8Array.of(2));

test.each<[string, SigningOptions, number]>([
  ["immortal", { nonce: 0 }, 4],
  ["mortal", { nonce: 63, mortality: { number: 1234, hash, period: 64 } }, 4],
  ["long-lived", { nonce: 64, mortality: { number: 70_000, hash, period: 512 } }, 4],
  ["with a tip", { nonce: 20_000, tip: 12_345_678_901n }, 4],
  ["longer than 256 bytes, so hashed", { nonce: 1 }, 400],
])("%s: polkadot.js makes the same bytes of the fields", async (_name, options, length) => {
  const payload = await payloadOf(options, new Uint8Array(length).fill(7));
  const json = payloadJson(payload, devSigner("Alice").address);
  registry.setSignedExtensions([...json.signedExtensions]);
  const theirs = registry.createType("ExtrinsicPayload", json, { version: json.version });
  const bytes = theirs.toU8a({ method: true });
  expect(toHex(bytes.length > 256 ? blake2b256(bytes) : bytes)).toBe(toHex(payload.bytes));
  // And so does the test wallet, which has a reader of its own.
  if ((options.tip ?? 0n) < 1n << 30n) expect(toHex(signedBytes(json))).toBe(toHex(payload.bytes));
});
