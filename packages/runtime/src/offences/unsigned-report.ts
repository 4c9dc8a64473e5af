/** Reports of equivocations that a node makes itself: nobody signs and pays, so only proofs that hold are taken. */
import {
  type Call,
  type InvalidTransaction,
  invalid,
  type TransactionSource,
  type ValidTransaction,
} from "@pha/frame";
import { concatBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import type { Equivocation } from "./equivocation-port.ts";

const MAX_U64 = (1n << 64n) - 1n;
/** Blocks. */
const LONGEVITY = 64n;

/** Valid once, and only from the node itself or in a block: others could flood the pool with costly checks. */
export function validateReport(
  call: Call,
  name: string,
  source: TransactionSource,
  check: () => Equivocation | undefined,
): Result<ValidTransaction, InvalidTransaction> | undefined {
  if (call.name !== name) return undefined;
  if (source === "External") return fail(invalid("Call"));
  const found = check();
  if (found === undefined) return fail(invalid("BadProof"));
  return ok({
    priority: MAX_U64,
    requires: [],
    provides: [concatBytes(utf8(`${found.kind}:equivocation`), found.time, found.offender)],
    longevity: LONGEVITY,
    propagate: false,
  });
}
