/** Answers of a Substrate node's RPC: what is in them decodes, and encodes to the same again. */
import assert from "node:assert/strict";
import { DigestItem, decodeHeader, encodeHeader } from "@pha/consensus";
import { decode, encode, fromHex, toHex } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { readEnvelope } from "./envelope.ts";
import { hex, integer, isJson, type Json, list, object } from "./json.ts";

export function rpcAnswerCases(file: Json): readonly VectorCase[] {
  const params = isJson(file["params"]) ? file["params"] : {};
  const result = file["result"] ?? params["result"];
  if (!isJson(result)) return [skipped("the answer has no object as its result")];
  if (isJson(result["block"])) return signedBlockCases(result["block"]);
  if (result["parentHash"] !== undefined)
    return [{ name: "header", run: () => checkHeader(result) }];
  if (result["changes"] !== undefined) return changeCases(result);
  return [skipped(`no rule for an answer with ${Object.keys(result).join(", ")}`)];
}

function skipped(skip: string): VectorCase {
  return { name: "answer", run: () => ({ skip }) };
}

function signedBlockCases(block: Json): readonly VectorCase[] {
  return [
    { name: "header", run: () => checkHeader(object(block["header"], "header")) },
    ...list(block["extrinsics"], "extrinsics").map(
      (extrinsic, i): VectorCase => ({
        name: `extrinsic ${i}`,
        run: () => {
          const bytes = hex(extrinsic, "extrinsic");
          readEnvelope(bytes);
          assert.throws(() => readEnvelope(bytes.subarray(0, -1)));
          return undefined;
        },
      }),
    ),
  ];
}

function checkHeader(json: Json): undefined {
  const logs = list(object(json["digest"], "digest")["logs"], "logs").map((log) => hex(log, "log"));
  const digest = logs.map((log) => {
    const item = decode(DigestItem, log);
    assert(item.ok, "a digest item decodes");
    assert.equal(toHex(encode(DigestItem, item.value)), toHex(log));
    return item.value;
  });
  const bytes = encodeHeader({
    parentHash: hex(json["parentHash"], "parentHash"),
    number: Number(integer(json["number"], "number")),
    stateRoot: hex(json["stateRoot"], "stateRoot"),
    extrinsicsRoot: hex(json["extrinsicsRoot"], "extrinsicsRoot"),
    digest,
  });
  const back = decodeHeader(bytes);
  assert(back.ok, "the header decodes");
  const { value: header } = back;
  assert.deepEqual(
    {
      parentHash: toHex(header.parentHash),
      number: `0x${header.number.toString(16)}`,
      stateRoot: toHex(header.stateRoot),
      extrinsicsRoot: toHex(header.extrinsicsRoot),
      digest: { logs: header.digest.map((item) => toHex(encode(DigestItem, item))) },
    },
    json,
  );
  return undefined;
}

/** Storage changes: keys and values are plain hex, absent values null. */
function changeCases(result: Json): readonly VectorCase[] {
  return list(result["changes"], "changes").map(
    (entry, i): VectorCase => ({
      name: `change ${i}`,
      run: () => {
        const [key, value] = list(entry, "change");
        assert.equal(hex(result["block"], "block").length, 32);
        for (const part of [key, ...(value === null ? [] : [value])]) {
          assert(typeof part === "string", "hex text");
          assert.equal(toHex(fromHex(part)), part);
        }
        return undefined;
      },
    }),
  );
}
