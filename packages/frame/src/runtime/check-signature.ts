/** Who signed an extrinsic, if the signature covers exactly it on this chain. */
import { type Codec, encode, equalBytes, fail, ok, type Result } from "@pha/scale";
import type { AnyExtension } from "../extrinsic/extension.ts";
import {
  type CoveredBySignature,
  type Extrinsic,
  type SignedPart,
  signedPayload,
} from "../extrinsic/extrinsic.ts";
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
  const { length } = extensions;
  const values = new Array<unknown>(length);
  for (let i = 0; i < length; i++) {
    const implied = extensions[i]?.implied(ctx, signed.extra[i]);
    if (implied === undefined) continue;
    if (!implied.ok) return implied;
    values[i] = implied.value;
  }
  const covered = coveredBy(extrinsic, signed, encode(impliedBy(extensions), values));
  covered.isGood ||= verify(signed.signature, covered.payload, signer);
  return covered.isGood ? ok(signer) : fail(invalid("BadProof"));
}

function coveredBy(
  { callBytes }: Extrinsic,
  signed: SignedPart,
  additional: Uint8Array,
): CoveredBySignature {
  const known = signed.covered;
  if (known && equalBytes(known.additional, additional)) return known;
  const payload = signedPayload(callBytes, signed.extraBytes, additional);
  const covered = { additional, payload, isGood: false };
  signed.covered = covered;
  return covered;
}

/** What extensions sign beside the extrinsic, one after the other. */
function impliedBy(extensions: readonly AnyExtension[]): Pick<Codec<readonly unknown[]>, "write"> {
  let known = IMPLIED.get(extensions);
  if (known === undefined) {
    known = {
      write(writer, values) {
        for (let i = 0; i < extensions.length; i++)
          extensions[i]?.additional.write(writer, values[i]);
      },
    };
    IMPLIED.set(extensions, known);
  }
  return known;
}

const IMPLIED = new WeakMap<readonly AnyExtension[], Pick<Codec<readonly unknown[]>, "write">>();
