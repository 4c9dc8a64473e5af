/** Vectors of BEEFY: a file is known by the start of its name and the fields it has. */
import { bridgeCommitment } from "./beefy/bridge.ts";
import { mmrRange } from "./beefy/mmr.ts";
import { signedUpdate } from "./beefy/update.ts";
import { type Json, parseObject } from "./consensus/json.ts";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

interface Format {
  readonly prefix: RegExp;
  readonly fields: readonly string[];
  readonly load: (json: Json) => readonly VectorCase[];
}

const FORMATS: readonly Format[] = [
  { prefix: /^beefy-update/, fields: ["authorities", "finalityProof"], load: signedUpdate },
  { prefix: /^mmr-/, fields: ["leaves", "rootHash", "proofs"], load: mmrRange },
  { prefix: /^snowbridge-/, fields: ["params"], load: bridgeCommitment },
];

export const beefyVectors: VectorLoader = ({ name, bytes }) => {
  const json = parseObject(bytes);
  if (json === undefined) return undefined;
  return FORMATS.find(
    ({ prefix, fields }) => prefix.test(name) && fields.every((field) => field in json),
  )?.load(json);
};
