/** STROBE, Merlin and the VRF over them. */
import {
  createStrobe,
  createTranscript,
  type Strobe,
  type StrobeState,
  signingContext,
  vrfBytes,
  vrfInput,
  vrfVerify,
} from "@pha/crypto";
import { toHex, utf8 } from "@pha/scale";
import type { VectorCase } from "../vector-case.ts";
import { assert } from "./assert.ts";
import { flipBit, forCase } from "./cases.ts";
import { field, hex, integer, type Json, type JsonObject, object, objects, text } from "./json.ts";

export function merlinCases(file: JsonObject): readonly VectorCase[] {
  return [
    ...objects(field(file, "transcripts")).map((entry, i) =>
      forCase(`transcript ${i}`, () => transcript(entry)),
    ),
    ...objects(field(file, "strobe128")).map((entry, i) =>
      forCase(`strobe ${i}`, () => strobe(entry)),
    ),
  ];
}

function transcript(entry: JsonObject): void {
  const running = createTranscript(text(field(entry, "label")));
  const appends = field(entry, "appends");
  assert(Array.isArray(appends));
  for (const pair of appends) {
    assert(Array.isArray(pair));
    const [label, data] = pair;
    if (typeof data === "number") running.appendU64(text(label), BigInt(data));
    else running.append(text(label), dataOf(data));
  }
  if (field(entry, "strobeState") !== undefined) assertState(running.inspect(), entry);
  if (field(entry, "challenge") === undefined) return;
  const challenge = object(field(entry, "challenge"));
  const expected = hex(field(challenge, "bytes"));
  const other = running.clone();
  other.append("one", utf8("more"));
  const label = text(field(challenge, "label"));
  assert.equal(toHex(running.challenge(label, expected.length)), toHex(expected));
  assert.notEqual(toHex(other.challenge(label, expected.length)), toHex(expected));
}

/** Text, unless it is written as hex. */
function dataOf(value: Json | undefined): Uint8Array {
  const data = text(value);
  return /^0x([0-9a-f]{2})*$/.test(data) ? hex(data) : utf8(data);
}

function assertState(state: StrobeState, entry: JsonObject): void {
  assert.equal(toHex(state.state), field(entry, "strobeState"));
  assert.equal(state.position, integer(field(entry, "pos")));
  assert.equal(state.positionBegin, integer(field(entry, "posBegin")));
  assert.equal(state.flags, integer(field(entry, "curFlags")));
}

/** Runs a written program of operations; the nth `prf` must give `prf<n>`. */
function strobe(entry: JsonObject): void {
  const machine = createStrobe(utf8(text(field(entry, "protocol"))));
  const operations = field(entry, "ops");
  assert(Array.isArray(operations));
  let outputs = 0;
  for (const operation of operations) {
    const made = step(machine, text(operation), entry);
    if (made !== undefined)
      assert.equal(toHex(made), field(entry, `prf${++outputs}`), `prf${outputs}`);
  }
  assert(outputs > 0);
}

function step(machine: Strobe, operation: string, entry: JsonObject): Uint8Array | undefined {
  const [, name, argument] = /^(\w+)\((.*)\)$/.exec(operation) ?? [];
  assert(argument !== undefined, operation);
  const labelled = /^"(.*)",\s*(true|false)$/.exec(argument);
  const more = labelled?.[2] === "true" ? "more" : "begin";
  const data = labelled?.[1] === undefined ? filled(argument) : utf8(labelled[1]);
  switch (name) {
    case "meta_ad":
      machine.metaAd(data, more);
      return undefined;
    case "ad":
      machine.ad(data, more);
      return undefined;
    case "key":
      machine.key(hex(field(entry, argument)));
      return undefined;
    case "prf":
      return machine.prf(Number.parseInt(argument, 10));
    default:
      throw new Error(`unknown operation ${operation}`);
  }
}

/** "1024 bytes of 0x63". */
function filled(argument: string): Uint8Array {
  const [, count, value] = /^(\d+) bytes of 0x([0-9a-f]{2})$/.exec(argument) ?? [];
  return new Uint8Array(Number(count ?? 0)).fill(Number.parseInt(value ?? "0", 16));
}

export function vrfCases(file: JsonObject): readonly VectorCase[] {
  return objects(field(file, "cases")).map((entry, i) => {
    const name = field(entry, "name") === undefined ? `case ${i}` : text(field(entry, "name"));
    return forCase(name, () => {
      const publicKey = hex(field(entry, "publicKey"));
      const context = utf8(text(field(entry, "context")));
      const message = utf8(text(field(entry, "message")));
      const running = signingContext(context, message);
      const [preOutput, proof] = [hex(field(entry, "output")), hex(field(entry, "proof"))];
      const mode = field(entry, "kusama") === false ? "schnorrkel" : "kusama";
      const otherMode = mode === "kusama" ? "schnorrkel" : "kusama";

      if (field(entry, "input") !== undefined)
        assert.equal(toHex(vrfInput(publicKey, running)), field(entry, "input"));
      const isValid = vrfVerify(publicKey, running, { preOutput, proof }, mode);
      assert.equal(isValid, field(entry, "valid") ?? true);
      if (!isValid) return;
      assert(!vrfVerify(publicKey, running, { preOutput, proof }, otherMode), "the other mode");
      for (const at of [0, 31, 32, 62])
        assert(!vrfVerify(publicKey, running, { preOutput, proof: flipBit(proof, at) }, mode));
      for (const at of [0, 31])
        assert(!vrfVerify(publicKey, running, { preOutput: flipBit(preOutput, at), proof }, mode));
      const other = signingContext(context, utf8(`${text(field(entry, "message"))}!`));
      assert(!vrfVerify(publicKey, other, { preOutput, proof }, mode), "another message");

      if (field(entry, "makeBytes16") === undefined) return;
      const bytes = object(field(entry, "makeBytes16"));
      const made = vrfBytes(publicKey, running, preOutput, utf8(text(field(bytes, "context"))), 16);
      assert.equal(toHex(made), field(bytes, "bytes"));
    });
  });
}
