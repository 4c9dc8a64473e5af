/** Answers of Substrate nodes' RPC, of all years: what is in them decodes, and encodes to the same again. */
import assert from "node:assert/strict";
import { DigestItem, decodeHeader, encodeHeader, voterWeightsOf } from "@pha/consensus";
import { ss58Decode, ss58Encode } from "@pha/crypto";
import { RuntimeVersion } from "@pha/frame";
import { decode, encode, fromHex, toHex } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { readEnvelope } from "./envelope.ts";
import { hex, integer, isJson, type Json, list, object, text } from "./json.ts";

export function rpcAnswerCases(file: Json): readonly VectorCase[] {
  const params = isJson(file["params"]) ? file["params"] : {};
  const result = file["result"] ?? params["result"];
  if (!isJson(result)) return [skipped("the answer has no object as its result")];
  if (isJson(result["block"])) return signedBlockCases(result["block"]);
  if (result["parentHash"] !== undefined)
    return [{ name: "header", run: () => checkHeader(result) }];
  if (result["changes"] !== undefined) return changeCases(result);
  if (result["specName"] !== undefined)
    return [{ name: "runtime version", run: () => checkVersion(result) }];
  if (isJson(result["best"])) return [{ name: "round", run: () => checkRounds(result) }];
  const [status] = Object.keys(result);
  if (status !== undefined && STATUSES.includes(status))
    return [{ name: `status ${status}`, run: () => checkStatus(result[status]) }];
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
          if (!readEnvelope(bytes, true).hasLength) return undefined;
          assert.throws(() => readEnvelope(bytes.subarray(0, -1)), "cut by a byte");
          assert.throws(() => readEnvelope(Uint8Array.of(...bytes, 0)), "a trailing byte");
          return undefined;
        },
      }),
    ),
  ];
}

function checkHeader(json: Json): ReturnType<VectorCase["run"]> {
  const roots = {
    parentHash: hex(json["parentHash"], "parentHash"),
    number: Number(integer(json["number"], "number")),
    stateRoot: hex(json["stateRoot"], "stateRoot"),
    extrinsicsRoot: hex(json["extrinsicsRoot"], "extrinsicsRoot"),
  };
  const logs = list(object(json["digest"], "digest")["logs"], "logs");
  const encoded = logs.filter((log) => typeof log === "string").map((log) => fromHex(log));
  const digest = encoded.map((log) => {
    const item = decode(DigestItem, log);
    assert(item.ok, "a digest item decodes");
    assert.equal(toHex(encode(DigestItem, item.value)), toHex(log));
    return item.value;
  });
  const back = decodeHeader(encodeHeader({ ...roots, digest }));
  assert(back.ok, "the header decodes");
  const { digest: digestBack, ...rootsBack } = back.value;
  assert.deepEqual(hexOf(rootsBack), hexOf(roots));
  assert.deepEqual(
    digestBack.map((item) => toHex(encode(DigestItem, item))),
    encoded.map(toHex),
  );
  return encoded.length === logs.length
    ? undefined
    : { skip: "its digest is of the time before engines had ids; the rest agrees" };
}

function hexOf(fields: Readonly<Record<string, Uint8Array | number>>): Json {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "number" ? value : toHex(value),
    ]),
  );
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

/** Fields that came later have their first value in older answers. */
function checkVersion(json: Json): undefined {
  const number = (name: string, fallback: number): number =>
    Number(integer(json[name] ?? fallback, name));
  const apis = list(json["apis"], "apis").map((api): readonly [Uint8Array, number] => {
    const [id, version] = list(api, "api");
    return [hex(id, "id"), Number(integer(version, "version"))];
  });
  const version: RuntimeVersion = {
    specName: text(json["specName"], "specName"),
    implName: text(json["implName"], "implName"),
    authoringVersion: number("authoringVersion", 0),
    specVersion: number("specVersion", 0),
    implVersion: number("implVersion", 0),
    apis,
    transactionVersion: number("transactionVersion", 1),
    stateVersion: number("stateVersion", 0),
  };
  const bytes = encode(RuntimeVersion, version);
  const back = decode(RuntimeVersion, bytes);
  assert(back.ok);
  assert.deepEqual(
    back.value.apis.map(([id, of]) => [toHex(id), of]),
    json["apis"],
  );
  assert.equal(toHex(encode(RuntimeVersion, back.value)), toHex(bytes));
  assert.equal(decode(RuntimeVersion, bytes.subarray(0, -1)).ok, false);
  return undefined;
}

/** Voters of weight one each: our threshold is the node's, and every voter is an address. */
function checkRounds(json: Json): undefined {
  const rounds = [json["best"], ...list(json["background"], "background")].map((round) =>
    object(round, "round"),
  );
  for (const round of rounds) {
    const total = Number(integer(round["totalWeight"], "totalWeight"));
    const authorities = Array.from({ length: total }, (_, i) => {
      const key = new Uint8Array(32);
      new DataView(key.buffer).setUint32(0, i);
      return { key, weight: 1n };
    });
    const { threshold } = voterWeightsOf({ setId: integer(json["setId"], "setId"), authorities });
    assert.equal(threshold, integer(round["thresholdWeight"], "thresholdWeight"));
    for (const kind of ["prevotes", "precommits"]) {
      const votes = object(round[kind], kind);
      const missing = list(votes["missing"], "missing").map((voter) => text(voter, "voter"));
      assert.equal(
        missing.length + Number(integer(votes["currentWeight"], "currentWeight")),
        total,
      );
      for (const voter of missing) {
        const account = ss58Decode(voter);
        assert(account.ok, `${voter} is an address`);
        assert.equal(ss58Encode(account.value.prefix, account.value.publicKey), voter);
      }
    }
  }
  return undefined;
}

/** What a watched transaction may become; all but the first have a value. */
const STATUSES: readonly string[] = [
  "broadcast",
  "inBlock",
  "retracted",
  "finalityTimeout",
  "finalized",
  "usurped",
];

function checkStatus(value: unknown): undefined {
  if (Array.isArray(value)) return undefined;
  assert.equal(hex(value, "hash").length, 32);
  return undefined;
}
