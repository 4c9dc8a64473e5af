/** What a failed `author_submitExtrinsic` means for the extrinsic. */
import { PhaError } from "@pha/scale";
import type { Verdict } from "./submission.ts";

/** Numbers of Polkadot's pool errors. */
const MALFORMED = 1002;
const INVALID = 1010;
const UNKNOWN_VALIDITY = 1011;
const BANNED = 1012;
const ALREADY_IMPORTED = 1013;
const TOO_LOW_PRIORITY = 1014;
const INTERNAL = -32603;

export function verdictOf(error: unknown): Verdict {
  if (!(error instanceof PhaError) || error.code !== "rpc/refused") return { type: "lost" };
  const { rpcCode, data } = error.facts;
  const reason = typeof data === "string" ? data : error.message;
  switch (rpcCode) {
    case ALREADY_IMPORTED:
      return { type: "known" };
    case TOO_LOW_PRIORITY:
      return { type: "occupied" };
    case BANNED:
      return { type: "expired", reason: "banned" };
    case INVALID:
      return invalid(reason);
    case UNKNOWN_VALIDITY:
    case MALFORMED:
    case INTERNAL:
      return { type: "invalid", reason };
    default:
      // Full, busy, stopping: the node has no room now.
      return { type: "lost" };
  }
}

function invalid(reason: string): Verdict {
  switch (reason) {
    case "Stale":
      return { type: "stale" };
    case "AncientBirthBlock":
    case "BadProof":
      return { type: "expired", reason };
    case "Future":
    case "ExhaustsResources":
    case "Payment":
      return { type: "lost" };
    default:
      return { type: "invalid", reason };
  }
}

/** Waits for funds rather than being dropped: nothing is wrong with the extrinsic. */
export function cannotPay(error: unknown): boolean {
  return error instanceof PhaError && error.facts["data"] === "Payment";
}
