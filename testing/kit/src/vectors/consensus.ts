/** Vectors of headers, BABE, Aura seals, GRANDPA and checkpoints; a file is known by the fields it has. */
import { blocksOfEpoch, sealedHeader, thresholds } from "./consensus/babe.ts";
import { checkpoint } from "./consensus/checkpoint.ts";
import { commitMessage, justifiedBlocks, loneJustification } from "./consensus/grandpa.ts";
import { auraSeal, blockResponse, blocksWithBodies, singleHeader } from "./consensus/headers.ts";
import { type Json, parseObject } from "./consensus/json.ts";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

interface Format {
  readonly prefix: RegExp;
  readonly fields: readonly string[];
  readonly load: (json: Json) => readonly VectorCase[];
}

/** The first whose prefix and fields fit. */
const FORMATS: readonly Format[] = [
  { prefix: /^aura-/, fields: ["header", "seal", "authority"], load: auraSeal },
  { prefix: /^babe-/, fields: ["rule", "cases"], load: thresholds },
  { prefix: /^babe-/, fields: ["header", "nextEpochDescriptorOfBlock1"], load: sealedHeader },
  { prefix: /^block-response-/, fields: ["protobufHex", "blocks"], load: blockResponse },
  { prefix: /^checkpoint-/, fields: ["raw", "epoch", "grandpa"], load: checkpoint },
  { prefix: /^grandpa-/, fields: ["commitMessage"], load: commitMessage },
  { prefix: /^grandpa-/, fields: ["blocks", "authorities", "expected"], load: justifiedBlocks },
  { prefix: /^grandpa-/, fields: ["justification", "expected"], load: loneJustification },
  { prefix: /^header-/, fields: ["raw", "hash", "digest"], load: singleHeader },
  { prefix: /-blocks-/, fields: ["epoch", "blocks"], load: blocksOfEpoch },
  { prefix: /^blocks-/, fields: ["blocks"], load: blocksWithBodies },
];

export const consensusVectors: VectorLoader = ({ name, bytes }) => {
  if (!FORMATS.some(({ prefix }) => prefix.test(name))) return undefined;
  const json = parseObject(bytes);
  if (json === undefined) return undefined;
  return FORMATS.find(
    ({ prefix, fields }) => prefix.test(name) && fields.every((field) => field in json),
  )?.load(json);
};
