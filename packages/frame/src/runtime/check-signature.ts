/** Who signed an extrinsic, if the signature covers exactly it on this chain. */
import { fail, ok, type Result, Writer } from "@pha/scale";
import type { AnyExtension } from "../extrinsic/extension.ts";
import { type Extrinsic, type SignedPart, signedPayload } from "../extrinsic/extrinsic.ts";
import { accountOf } from "../extrinsic/multi-address.ts";
import type { SignatureVerifier } from "../extrinsic/signature-cache.ts";
import { type InvalidTransaction, invalid } from "../extrinsic/validity.ts";
import type { HasEnv } from "../pallet/env.ts";
import type { AccountId } from "../primitives.ts";

export interface SignatureRules {
  readonly extensions: readonly AnyExtension[];
  readonly verify: SignatureVerifier;
}

export function checkSignature(
  ctx: HasEnv,
  { extensions, verify }: SignatureRules,
  extrinsic: Extrinsic,
  signed: SignedPart,
): Result<AccountId, InvalidTransaction> {
  const signer = accountOf(signed.address);
  if (signer === undefined)
    return fail({ type: "Unknown", value: { type: "CannotLookup", value: undefined } });
  const additional = new Writer(128);
  for (let i = 0; i < extensions.length; i++) {
    const extension = extensions[i];
    if (extension === undefined) continue;
    const implied = extension.implied(ctx, signed.extra[i]);
    if (!implied.ok) return implied;
    extension.additional.write(additional, implied.value);
  }
  const payload = signedPayload(extrinsic.callBytes, signed.extraBytes, additional.finish());
  return verify(signed.signature, payload, signer) ? ok(signer) : fail(invalid("BadProof"));
}
