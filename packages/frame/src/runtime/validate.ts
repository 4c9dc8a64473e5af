/**
 * Whether the pool may take a transaction, on top of a block.
 *
 * Reads only. **Trust**: bytes come from anybody; the signature is verified before anything that costs more.
 */
import { fail, ok, type Result } from "@pha/scale";
import { combineValidity, UNCONDITIONAL } from "../extrinsic/extension.ts";
import { decodeExtrinsic, type ExtrinsicFormat } from "../extrinsic/extrinsic.ts";
import {
  type InvalidTransaction,
  invalid,
  type TransactionSource,
  type ValidTransaction,
} from "../extrinsic/validity.ts";
import { checkSignature, type SignatureRules } from "./check-signature.ts";
import type { BlockEnv } from "./env.ts";
import type { RuntimeTables } from "./tables.ts";
import { validateUnsigned } from "./unsigned.ts";

/** @param env of the block that would come next: its number, and the hash of the block validated on as parent */
export function validateTransaction(
  env: BlockEnv,
  format: ExtrinsicFormat,
  source: TransactionSource,
  bytes: Uint8Array,
  rules: SignatureRules,
  tables: RuntimeTables,
): Result<ValidTransaction, InvalidTransaction> {
  const decoded = decodeExtrinsic(format, bytes);
  if (!decoded.ok) return fail(invalid("Call"));
  const { signed, call, length } = decoded.value;
  if (!signed) return validateUnsigned(tables, env, call, source);
  const info = env.infoOf(call);
  if (info.dispatchClass === "Mandatory") return fail(invalid("MandatoryValidation"));
  const ctx = { env };
  const signer = checkSignature(ctx, rules, decoded.value, signed);
  if (!signer.ok) return signer;
  let validity = UNCONDITIONAL;
  for (const [i, extension] of format.extensions.entries()) {
    if (!extension.validate) continue;
    const input = { signer: signer.value, call, info, length, extra: signed.extra[i] };
    const part = extension.validate(ctx, input);
    if (!part.ok) return part;
    validity = combineValidity(validity, part.value);
  }
  return ok(validity);
}
