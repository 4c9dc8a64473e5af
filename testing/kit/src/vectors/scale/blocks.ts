/** Real blocks: hash of the header, root of the extrinsics, and what sidecar read from each extrinsic. */
import assert from "node:assert/strict";
import { decodeHeader, encodeHeader } from "@pha/consensus";
import { blake2b256, ss58Decode } from "@pha/crypto";
import type { Era } from "@pha/frame";
import { compact, encode, Reader, toHex, u128 } from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import type { VectorCase } from "../vector-case.ts";
import { type Envelope, readBareAccountEnvelope, readEnvelope } from "./envelope.ts";
import { hex, integer, isJson, type Json, list, object, text } from "./json.ts";

export function blockCases(file: Json): readonly VectorCase[] {
  return list(file["blocks"], "blocks").flatMap((entry, i) => {
    const block = object(entry, `block ${i}`);
    const name = `${String(block["chain"] ?? "block")} ${String(block["number"] ?? i)}`;
    const extrinsics = list(block["extrinsics"], "extrinsics").map((bytes) =>
      hex(bytes, "extrinsic"),
    );
    const sidecar = isJson(block["decodedBySidecar"]) ? block["decodedBySidecar"] : {};
    const decoded = list(sidecar["extrinsics"], "decoded extrinsics");
    return [
      { name: `${name}: hash`, run: () => checkHash(block) },
      { name: `${name}: header`, run: () => checkHeader(block) },
      { name: `${name}: extrinsics root`, run: () => checkRoot(block, extrinsics) },
      ...extrinsics.map((bytes, at) => ({
        name: `${name}: extrinsic ${at}`,
        run: () =>
          checkExtrinsic(
            bytes,
            decoded[at] === undefined ? undefined : object(decoded[at], "extrinsic"),
          ),
      })),
    ];
  });
}

function checkHash(block: Json): undefined {
  const bytes = hex(block["header"], "header");
  assert.equal(toHex(blake2b256(bytes)), block["hash"]);
  const reader = new Reader(bytes);
  reader.raw(32);
  assert.equal(BigInt(reader.compact()), integer(block["number"], "number"));
  reader.raw(32);
  assert.equal(toHex(reader.raw(32)), block["extrinsicsRoot"]);
  return undefined;
}

/** Some recordings have a digest that no node made; such a header must be refused. */
function checkHeader(block: Json): undefined {
  const bytes = hex(block["header"], "header");
  const header = decodeHeader(bytes);
  assert.equal(header.ok, hasDigest(bytes), "decodes exactly when its digest is one");
  if (!header.ok) return undefined;
  assert.equal(toHex(encodeHeader(header.value)), toHex(bytes));
  for (let at = 0; at < bytes.length; at++)
    assert.equal(decodeHeader(bytes.subarray(0, at)).ok, false, `cut at ${at}`);
  assert.equal(decodeHeader(Uint8Array.of(...bytes, 0)).ok, false, "a trailing byte");
  return undefined;
}

/** Walks over the items of a header's digest without the code under test. */
function hasDigest(header: Uint8Array): boolean {
  const reader = new Reader(header);
  try {
    reader.raw(32);
    reader.compact();
    reader.raw(64);
    for (let left = reader.compact(); left > 0; left--) {
      const type = reader.u8();
      if (type === 8) continue;
      if (![0, 4, 5, 6].includes(type)) return false;
      if (type !== 0) reader.raw(4);
      reader.raw(reader.compact());
    }
    return reader.remaining === 0;
  } catch {
    // Cut off: no digest.
    return false;
  }
}

function checkRoot(block: Json, extrinsics: readonly Uint8Array[]): undefined {
  assert.equal(toHex(orderedTrieRoot(extrinsics)), block["extrinsicsRoot"]);
  if (extrinsics.length > 1)
    assert.notEqual(toHex(orderedTrieRoot([...extrinsics].reverse())), block["extrinsicsRoot"]);
  return undefined;
}

function checkExtrinsic(bytes: Uint8Array, decoded: Json | undefined): undefined {
  if (decoded === undefined) {
    readEnvelope(bytes);
    return undefined;
  }
  if (decoded["hash"] !== undefined) assert.equal(toHex(blake2b256(bytes)), decoded["hash"]);
  const envelope = envelopeLike(bytes, decoded);
  assert.equal(envelope.signature === undefined, !isJson(decoded["signature"]), "signed or not");
  if (isJson(decoded["signature"])) checkSigned(envelope, decoded, decoded["signature"]);
  checkArguments(envelope.rest, decoded);
  assert.throws(() => readEnvelope(bytes.subarray(0, -1)), "cut by a byte");
  return undefined;
}

/** Old chains wrote the account itself where newer ones write an address; the expected signer tells which it is. */
function envelopeLike(bytes: Uint8Array, decoded: Json): Envelope {
  const signature = decoded["signature"];
  if (isJson(signature) && typeof signature["signer"] === "string") {
    const start = new Reader(bytes);
    start.compact();
    start.u8();
    if (toHex(start.raw(32)) === toHex(accountOf(signature["signer"])))
      return readBareAccountEnvelope(bytes);
  }
  return readEnvelope(bytes);
}

function checkSigned(envelope: Envelope, decoded: Json, signature: Json): void {
  assert(envelope.signature !== undefined && envelope.era !== undefined);
  const signer = isJson(signature["signer"]) ? signature["signer"]["id"] : signature["signer"];
  if (typeof signer === "string" && envelope.signer !== undefined)
    assert.equal(toHex(envelope.signer), toHex(accountOf(signer)));
  assert.equal(toHex(envelope.signature.value), signature["signature"]);
  assert.equal(BigInt(envelope.nonce ?? 0), integer(decoded["nonce"], "nonce"));
  assert.equal(envelope.tip, integer(decoded["tip"], "tip"));
  checkEra(envelope.era, object(decoded["era"], "era"));
}

function checkEra(era: Era, expected: Json): void {
  if (expected["mortalEra"] === undefined) {
    assert.equal(era.type, "Immortal");
    return;
  }
  const [period, phase] = list(expected["mortalEra"], "mortalEra").map((part) => Number(part));
  assert.deepEqual(era, { type: "Mortal", period, phase });
}

/** Calls whose arguments have one encoding on every chain. */
function checkArguments(call: Uint8Array, decoded: Json): void {
  const method = object(decoded["method"], "method");
  const args = isJson(decoded["args"]) ? decoded["args"] : {};
  if (method["pallet"] === "timestamp" && method["method"] === "set")
    assert.equal(
      toHex(call.subarray(2)),
      toHex(encode(compact(u128), integer(args["now"], "now"))),
    );
  if (method["pallet"] === "balances" && args["value"] !== undefined) {
    const value = encode(compact(u128), integer(args["value"], "value"));
    assert.equal(toHex(call.subarray(-value.length)), toHex(value));
    const dest = isJson(args["dest"]) ? args["dest"]["id"] : args["dest"];
    if (typeof dest === "string")
      assert(toHex(call).includes(toHex(accountOf(dest)).slice(2)), "the receiver is in the call");
  }
}

function accountOf(address: string): Uint8Array {
  const decoded = ss58Decode(text(address, "address"));
  assert(decoded.ok, `${address} is an address`);
  return decoded.value.publicKey;
}
