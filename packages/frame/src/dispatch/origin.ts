/** Who calls: an account, the chain itself (root), or nobody (inherents, unsigned calls). */
import type { AccountId } from "../primitives.ts";

export type Origin =
  | { readonly type: "Signed"; readonly account: AccountId }
  | { readonly type: "Root" }
  | { readonly type: "None" };

export const ROOT: Origin = { type: "Root" };
export const NONE: Origin = { type: "None" };

export function signedBy(account: AccountId): Origin {
  return { type: "Signed", account };
}

/** What a call demands of its origin, and what its context gains by it. */
export interface OriginRule<Gain> {
  readonly name: string;
  /** `undefined` refuses the origin. */
  readonly accept: (origin: Origin) => Gain | undefined;
}

const NOTHING = {};

/** The caller is an account: `ctx.caller`. */
export const signed: OriginRule<{ readonly caller: AccountId }> = {
  name: "signed",
  accept: (origin) => (origin.type === "Signed" ? { caller: origin.account } : undefined),
};

/** The caller is the chain itself. */
export const root: OriginRule<object> = {
  name: "root",
  accept: (origin) => (origin.type === "Root" ? NOTHING : undefined),
};

/** There is no caller: inherents and unsigned extrinsics. */
export const none: OriginRule<object> = {
  name: "none",
  accept: (origin) => (origin.type === "None" ? NOTHING : undefined),
};

/** Any of the rules; the call reads `ctx.origin`. */
export function anyOf(
  ...rules: readonly OriginRule<object>[]
): OriginRule<{ readonly origin: Origin }> {
  return {
    name: rules.map((rule) => rule.name).join(" or "),
    accept: (origin) =>
      rules.some((rule) => rule.accept(origin) !== undefined) ? { origin } : undefined,
  };
}
