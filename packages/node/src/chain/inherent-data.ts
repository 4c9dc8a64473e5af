/** What this node knows that goes into every block. */
import { encode, u64 } from "@pha/scale";
import type { InherentData } from "./node-runtime.ts";

/** Identifiers are part of the chain's formats. */
const TIMESTAMP = "timstap0";

export function inherentDataAt(nowMs: number): InherentData {
  return new Map([[TIMESTAMP, encode(u64, BigInt(nowMs))]]);
}
