/** Who signed an extrinsic, if the signature covers exactly it on this chain. */
import { concatBytes, encode, fail, ok, type Result } from "@pha/scale";
import type { AnyExtension } from "../extrinsic/extension.ts";
import { type Extrinsic, type SignedPart, signedPayload } from "../extrinsic/extrinsic.ts";
import { accountOf } from "../extrinsic/multi-address.ts";
import { verifySignature } from "../extrinsic/multi-signature.ts";
import { type InvalidTransaction, invalid } from "../extrinsic/validity.ts";
import type { HasEnv } from "../pallet/env.ts";
import type { AccountId } from "../primitives.ts";

/** @param verified skips the signature alone; what it must have covered is still computed and checked */
export function checkSignature(
  ctx: HasEnv,
  extensions: readonly AnyExtension[],
  extrinsic: Extrinsic,
  signed: SignedPart,
  verified: boolean,
): Result<AccountId, InvalidTransaction> {
  const signer = accountOf(signed.address);
  if (signer === undefined)
    return fail({ type: "Unknown", value: { type: "CannotLookup", value: undefined } });
  const additional: Uint8Array[] = [];
  for (const [i, extension] of extensions.entries()) {
    const implied = extension.implied(ctx, signed.extra[i]);
    if (!implied.ok) return implied;
    if (!verified) additional.push(encode(extension.additional, implied.value));
  }
  if (verified) return ok(signer);
  const payload = signedPayload(extrinsic.callBytes, signed.extraBytes, concatBytes(...additional));
  return verifySignature(signed.signature, payload, signer)
    ? ok(signer)
    : fail(invalid("BadProof"));
}
