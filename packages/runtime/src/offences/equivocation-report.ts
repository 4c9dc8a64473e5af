/**
 * Reports of equivocations, to whichever pallet they are made. Those that a node makes itself nobody signs and pays: only
 * proofs that hold are taken.
 */
import {
  type AccountId,
  type Call,
  type DispatchError,
  ensure,
  type HasEnv,
  type InvalidTransaction,
  invalid,
  type TransactionSource,
  type ValidTransaction,
} from "@pha/frame";
import { concatBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import type { Equivocation, EquivocationHandler, ReportProblem } from "./equivocation-port.ts";

const MAX_U64 = (1n << 64n) - 1n;
/** Blocks. */
const LONGEVITY = 64n;

/** Context of the pallet that a report is made to. */
export interface ReportContext extends HasEnv {
  readonly config: { readonly equivocations: EquivocationHandler };
  readonly errors: Readonly<
    Record<
      | "OffenceTooOld"
      | "InvalidKeyOwnershipProof"
      | "InvalidEquivocationProof"
      | "DuplicateOffenceReport",
      DispatchError
    >
  >;
}

/** Has what was found punished; a report that holds is free. */
export function takeReport(
  ctx: ReportContext,
  found: Equivocation | ReportProblem,
  reporter: AccountId | undefined,
): { readonly paysFee: false } {
  const { config, errors } = ctx;
  ensure(found !== "too-old", errors.OffenceTooOld);
  ensure(found !== "owner", errors.InvalidKeyOwnershipProof);
  ensure(found !== "proof", errors.InvalidEquivocationProof);
  ensure(config.equivocations.report(ctx, found, reporter), errors.DuplicateOffenceReport);
  return { paysFee: false };
}

/** Valid once, and only from the node itself or in a block: others could flood the pool with costly checks. */
export function validateReport(
  ctx: ReportContext,
  call: Call,
  source: TransactionSource,
  find: () => Equivocation | ReportProblem,
): Result<ValidTransaction, InvalidTransaction> | undefined {
  if (call.name !== "report_equivocation_unsigned") return undefined;
  if (source === "External") return fail(invalid("Call"));
  const found = find();
  if (typeof found !== "object" || ctx.config.equivocations.isKnown(ctx, found))
    return fail(invalid("BadProof"));
  return ok({
    priority: MAX_U64,
    requires: [],
    provides: [concatBytes(utf8(`${found.kind}:equivocation`), found.time, found.offender)],
    longevity: LONGEVITY,
    propagate: false,
  });
}
