/** Vectors of SCALE: primitives, real blocks, recorded events, answers of a node's RPC. */
import { blockCases } from "./scale/blocks.ts";
import { eventCases } from "./scale/events.ts";
import { isJson, type Json, parseJson } from "./scale/json.ts";
import { compactCases, primitiveCases } from "./scale/primitives.ts";
import { rpcAnswerCases } from "./scale/rpc-answers.ts";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

interface Format {
  readonly prefix: RegExp;
  /** The file has at least one of them. */
  readonly fields: readonly string[];
  readonly load: (json: Json) => readonly VectorCase[];
}

const FORMATS: readonly Format[] = [
  { prefix: /^compact/, fields: ["encode", "encodedLength", "mustFail"], load: compactCases },
  { prefix: /^primitives/, fields: ["cases", "mustFail"], load: primitiveCases },
  { prefix: /^events-/, fields: ["systemEvents"], load: eventCases },
  { prefix: /^pjs-/, fields: ["jsonrpc"], load: rpcAnswerCases },
  { prefix: /blocks/, fields: ["blocks"], load: blockCases },
];

export const loadScaleVectors: VectorLoader = ({ name, bytes }) => {
  const format = FORMATS.find(({ prefix }) => prefix.test(name));
  const json = format && parseJson(bytes);
  if (format === undefined || !isJson(json)) return undefined;
  return format.fields.some((field) => field in json) ? format.load(json) : undefined;
};
