/** Measured weights of Timestamp's call. */
import { weight, weightTable } from "@pha/frame";
import { MEASURED } from "../measured.ts";

export const WEIGHTS = weightTable(MEASURED, { set: weight(50_000_000n, 64n) });
