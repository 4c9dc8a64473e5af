/** Transactions that nobody signed: the pallet of the call says whether they are valid. */
import { fail, type Result } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import type {
  InvalidTransaction,
  TransactionSource,
  ValidTransaction,
} from "../extrinsic/validity.ts";
import type { BlockEnv } from "./env.ts";
import type { RuntimeTables } from "./tables.ts";

export function validateUnsigned(
  tables: RuntimeTables,
  env: BlockEnv,
  call: Call,
  source: TransactionSource,
): Result<ValidTransaction, InvalidTransaction> {
  const entry = tables.byName.get(call.pallet);
  const verdict = entry?.implementation.unsigned?.validate(env.contextOf(entry), call, source);
  return (
    verdict ?? fail({ type: "Unknown", value: { type: "NoUnsignedValidator", value: undefined } })
  );
}
