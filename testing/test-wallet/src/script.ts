/** What stands for the person: how a wallet answers, and what it was asked. */

/**
 * `other` signs something else than what it shows, `stranger` signs with a key that is none of the wallet's, `garbage` gives
 * what is no signature, `never` says nothing, `words` fails in its own words.
 */
export type Answer =
  | "approve"
  | "reject"
  | "never"
  | "other"
  | "stranger"
  | "garbage"
  | { readonly words: string };

/** A question that a person would have seen. */
export interface Prompt {
  readonly kind: "connect" | "text" | "extrinsic" | "typed-data";
  /** Text, or JSON of what was to be signed; the origin of a page that wants in. */
  readonly shown: string;
}

/** What a wallet rejects with; crosses into the page as plain data. */
export class WalletRefusal extends Error {
  /** Of EIP-1193. */
  readonly code: number | undefined;

  constructor(message: string, code?: number) {
    super(message);
    this.code = code;
  }
}

/** Never settles. */
export function silence(): Promise<never> {
  return new Promise(() => undefined);
}
