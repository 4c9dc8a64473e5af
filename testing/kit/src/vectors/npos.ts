/** Vectors of elections: a file has sections, each of a kind of case; every section that is there is run. */
import { type Json, parseObject } from "./consensus/json.ts";
import { assignmentCases, normalizeCases, reduceCases } from "./npos/assignments.ts";
import { balancingCases, phragmmsCases, seqPhragmenCases, setupCases } from "./npos/elections.ts";
import { scoreCases } from "./npos/scores.ts";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

const SECTIONS: Readonly<Record<string, (file: Json) => readonly VectorCase[]>> = {
  seqPhragmen: seqPhragmenCases,
  balancing: balancingCases,
  setupWithoutEdges: setupCases,
  normalize: normalizeCases,
  phragmms: phragmmsCases,
  reduce: reduceCases,
  assignment: assignmentCases,
  score: scoreCases,
};

export const nposVectors: VectorLoader = ({ name, bytes }) => {
  if (!/^npos-/.test(name)) return undefined;
  const file = parseObject(bytes);
  if (file === undefined) return undefined;
  const sections = Object.entries(SECTIONS).filter(([section]) => section in file);
  return sections.length === 0 ? undefined : sections.flatMap(([, load]) => load(file));
};
