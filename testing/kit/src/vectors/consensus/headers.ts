/** Vectors of headers, bodies and sync messages. */
import assert from "node:assert/strict";
import {
  DigestItem,
  decodeHeader,
  encodeHeader,
  type Header,
  headerHash,
  scheduledChangeOf,
  sealPayload,
} from "@pha/consensus";
import { ed25519Verify, sr25519Verify } from "@pha/crypto";
import { decodeBlockResponse, encodeBlockResponse } from "@pha/network/wire";
import { decode, equalBytes, fromHex, toHex, vec } from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import type { VectorCase } from "../vector-case.ts";
import {
  hexAt,
  isJson,
  type Json,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  textAt,
  valueAt,
} from "./json.ts";
import { flipped, refusesChangedHeaders } from "./refusals.ts";

export function headerAt(json: Json, key: string): Header {
  const decoded = decodeHeader(hexAt(json, key));
  assert(decoded.ok, `${key} decodes`);
  return decoded.value;
}

/** One header with its fields and a digest listed. */
export function singleHeader(json: Json): readonly VectorCase[] {
  const encoded = hexAt(json, "raw");
  return [
    {
      name: "header: fields, hash, encodes back",
      run: () => {
        const header = headerAt(json, "raw");
        checkFields(header, json);
        assert.equal(toHex(headerHash(header)), textAt(json, "hash"));
        assert.equal(toHex(encodeHeader(header)), toHex(encoded));
        return undefined;
      },
    },
    {
      name: "header: changed, cut or longer is refused",
      run: () => {
        refusesChangedHeaders(encoded);
        return undefined;
      },
    },
    {
      name: "header: scheduled change of the GRANDPA set",
      run: () => {
        const change = scheduledChangeOf(headerAt(json, "raw"));
        assert(change.ok, "the digest decodes");
        if (!isJson(valueAt(json, "grandpaScheduledChange"))) {
          assert.equal(change.value, undefined);
          return undefined;
        }
        const expected = objectAt(json, "grandpaScheduledChange");
        const authorities = change.value?.authorities ?? [];
        assert.equal(authorities.length, numberAt(expected, "authorities"));
        assert.equal(change.value?.delay, numberAt(expected, "delay"));
        for (const [name, at] of [["first", 0] as const, ["last", -1] as const])
          if (name in expected)
            assert.equal(toHex(authorities.at(at)?.key ?? new Uint8Array()), expected[name]);
        return undefined;
      },
    },
  ];
}

/** Real blocks given by their fields, with bodies. */
export function blocksWithBodies(json: Json): readonly VectorCase[] {
  return objectsAt(json, "blocks").map((block) => ({
    name: `block ${textAt(block, "name")}: hash and extrinsics root`,
    run: () => {
      const digest = decode(vec(DigestItem), hexAt(block, "digest"));
      assert(digest.ok, "the digest decodes");
      const header: Header = {
        parentHash: hexAt(block, "parentHash"),
        number: numberAt(block, "number"),
        stateRoot: hexAt(block, "stateRoot"),
        extrinsicsRoot: hexAt(block, "extrinsicsRoot"),
        digest: digest.value,
      };
      assert.equal(toHex(headerHash(header)), textAt(block, "hash"));
      checkBody(header, bodyAt(block, "extrinsics"));
      refusesChangedHeaders(encodeHeader(header));
      return undefined;
    },
  }));
}

export function bodyAt(json: Json, key: string): readonly Uint8Array[] {
  return listAt(json, key).map((item) => {
    assert(typeof item === "string", "an extrinsic is hex");
    return fromHex(item);
  });
}

/** The body belongs to the header; an extrinsic changed, dropped or moved does not. */
export function checkBody(header: Header, body: readonly Uint8Array[]): void {
  assert.equal(toHex(orderedTrieRoot(body)), toHex(header.extrinsicsRoot));
  const [first, ...rest] = body;
  if (first === undefined) return;
  for (const changed of [[flipped(first, first.length - 1), ...rest], rest, [first, ...body]])
    assert(!equalBytes(orderedTrieRoot(changed), header.extrinsicsRoot), "another body");
}

/** A header sealed by Aura: the seal is over the same payload as BABE's. */
export function auraSeal(json: Json): readonly VectorCase[] {
  const header = () => headerAt(json, "header");
  const authority = objectAt(json, "authority");
  const verify = textAt(authority, "scheme") === "ed25519" ? ed25519Verify : sr25519Verify;
  const key = hexAt(authority, "id");
  return [
    {
      name: "aura: hash, number and seal payload",
      run: () => {
        assert.equal(toHex(headerHash(header())), textAt(json, "hash"));
        assert.equal(header().number, numberAt(json, "number"));
        assert.equal(toHex(sealPayload(header())), textAt(json, "sealPayload"));
        return undefined;
      },
    },
    {
      name: "aura: seal verifies; changed it does not",
      run: () => {
        const seal = hexAt(json, "seal");
        const last = header().digest.at(-1);
        assert(last?.type === "Seal" && equalBytes(last.value.data, seal), "the seal is last");
        assert(verify(key, sealPayload(header()), seal), "the seal verifies");
        const stateRoot = flipped(header().stateRoot, 0);
        assert(!verify(key, sealPayload({ ...header(), stateRoot }), seal), "another state root");
        assert(!verify(key, sealPayload(header()), flipped(seal, 9)), "a flipped bit");
        return undefined;
      },
    },
    {
      name: "aura: author of the slot",
      run: () => ({ skip: "the chain authors by BABE; Aura's slot rule has no code here" }),
    },
  ];
}

/** Headers and bodies inside a sync response. */
export function blockResponse(json: Json): readonly VectorCase[] {
  const message = hexAt(json, "protobufHex");
  const response = decodeBlockResponse(message);
  assert(response.ok, "the response decodes");
  const blocks = response.value;
  const expected = objectsAt(json, "blocks");
  return [
    {
      name: "block response: lists the blocks",
      run: () => {
        assert.deepEqual(
          blocks.map(({ hash }) => toHex(hash)),
          expected.map((block) => textAt(block, "hash")),
        );
        return undefined;
      },
    },
    ...blocks.map((block, i) => ({
      name: `block response: header ${i} has its hash, links and body`,
      run: () => {
        assert(block.header, "the block has a header");
        const decoded = decodeHeader(block.header);
        assert(decoded.ok, "the header decodes");
        const header = decoded.value;
        assert.equal(toHex(headerHash(header)), toHex(block.hash));
        assert.equal(header.number, numberAt(expected[i] ?? {}, "number"));
        const parent = blocks[i - 1];
        if (parent) assert.equal(toHex(header.parentHash), toHex(parent.hash));
        if (block.body.length > 0) checkBody(header, block.body);
        refusesChangedHeaders(block.header);
        return undefined;
      },
    })),
    {
      name: "block response: message codec",
      run: () => {
        const encoded = encodeBlockResponse(blocks, { namesEngines: true });
        assert.equal(toHex(encoded), toHex(message), "the same bytes again");
        for (const cut of [1, 100, message.length - 1])
          assert(!decodeBlockResponse(message.subarray(0, cut)).ok, "a message that is cut");
        return undefined;
      },
    },
  ];
}

function checkFields(header: Header, json: Json): void {
  assert.equal(header.number, numberAt(json, "number"));
  assert.equal(toHex(header.parentHash), textAt(json, "parentHash"));
  assert.equal(toHex(header.stateRoot), textAt(json, "stateRoot"));
  assert.equal(toHex(header.extrinsicsRoot), textAt(json, "extrinsicsRoot"));
  const listed = objectsAt(json, "digest");
  assert.equal(header.digest.length, listed.length);
  for (const [i, item] of header.digest.entries()) checkDigestItem(item, listed[i] ?? {});
}

export function checkDigestItem(item: DigestItem, expected: Json): void {
  assert.equal(item.type, textAt(expected, "type"));
  if (item.type === "RuntimeEnvironmentUpdated") return;
  const data = item.type === "Other" ? item.value : item.value.data;
  if (item.type !== "Other" && "engine" in expected)
    assert.equal(item.value.engine, valueAt(expected, "engine"));
  if ("data" in expected) assert.equal(toHex(data), valueAt(expected, "data"));
  if ("dataLength" in expected) assert.equal(data.length, numberAt(expected, "dataLength"));
}
