/** Order of an account's transactions; none counts twice. */
import { accountId, invalid, signedExtension } from "@pha/frame";
import { compact, encode, fail, ok, struct, u32, unit } from "@pha/scale";
import { accounts } from "../system/index.ts";

const Tag = struct({ account: accountId, nonce: u32 });
const MAX_NONCE = 0xffffffff;

export const checkNonce = signedExtension({
  name: "CheckNonce",
  extra: compact(u32),
  additional: unit,
  implied: () => ok(undefined),
  validate(ctx, { signer, extra: nonce }) {
    const info = accounts.get(ctx, signer);
    if (info.providers === 0 && info.sufficients === 0) return fail(invalid("Payment"));
    if (nonce < info.nonce || nonce === MAX_NONCE) return fail(invalid("Stale"));
    const provides = [encode(Tag, { account: signer, nonce })];
    return nonce > info.nonce
      ? ok({ provides, requires: [encode(Tag, { account: signer, nonce: nonce - 1 })] })
      : ok({ provides });
  },
  prepare(ctx, { signer, extra: nonce }) {
    const info = accounts.get(ctx, signer);
    if (info.providers === 0 && info.sufficients === 0) return fail(invalid("Payment"));
    if (nonce < info.nonce || nonce === MAX_NONCE) return fail(invalid("Stale"));
    if (nonce > info.nonce) return fail(invalid("Future"));
    accounts.putNonce(ctx, signer, info, nonce + 1);
    return ok(undefined);
  },
});
