/**
 * Asks a wallet, which may refuse, fail, or say nothing at all.
 *
 * **Bounds**: a deadline for each question, and the caller's signal; of the wallet's own words 200 characters are kept.
 */
import { PhaError } from "@pha/scale";
import { shownName } from "./shown-name.ts";

export interface Asking {
  /** Name of the wallet. */
  readonly wallet: string;
  readonly timeoutMs: number;
  /** Each ends the wait. */
  readonly signals: readonly AbortSignal[];
}

/** A person may have to find the wallet's window, and reads. */
export const PERSON_MS = 5 * 60_000;

/** What wallets throw when a person says no, beside EIP-1193's code. */
const REFUSED = /cancel|reject|den(y|ied)|refus|declin|disapprov/i;
const USER_REJECTED = 4001;
const UNAUTHORIZED = 4100;

export interface Waits {
  /** How questions are asked from now on. */
  asking(): Asking;
  /** Ends the wait for all that are open. */
  cancel(): void;
}

export function createWaits(wallet: string, timeoutMs: number, signal?: AbortSignal): Waits {
  let leaving = new AbortController();
  return {
    asking: () => ({
      wallet,
      timeoutMs,
      signals: signal === undefined ? [leaving.signal] : [leaving.signal, signal],
    }),
    cancel() {
      leaving.abort();
      leaving = new AbortController();
    },
  };
}

export function askWallet<T>(
  { wallet, timeoutMs, signals }: Asking,
  question: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const facts = { wallet };
    const onAbort = (): void => settle(() => reject(cancelled(wallet)));
    const timer = setTimeout(
      () =>
        settle(() =>
          reject(
            new PhaError("wallet/no-answer", `${wallet} does not answer`, {
              facts: { ...facts, timeoutMs },
              hint: "Look for the wallet's window, unlock the wallet, and try again.",
            }),
          ),
        ),
      timeoutMs,
    );
    const settle = (then: () => void): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", onAbort);
      then();
    };
    if (signals.some(({ aborted }) => aborted)) {
      onAbort();
      return;
    }
    for (const signal of signals) signal.addEventListener("abort", onAbort);
    // A wallet that throws at once is as one that rejects.
    Promise.resolve()
      .then(question)
      .then(
        (answer) => settle(() => resolve(answer)),
        (error: unknown) => settle(() => reject(walletError(wallet, error))),
      );
  });
}

function cancelled(wallet: string): PhaError {
  return new PhaError("wallet/cancelled", `${wallet} is not waited for any more`, {
    facts: { wallet },
    hint: "Close what the wallet still shows; nothing was sent.",
  });
}

function walletError(wallet: string, error: unknown): PhaError {
  if (error instanceof PhaError) return error;
  const { code, message } = fieldsOf(error);
  const words = shownWords(typeof error === "string" ? error : message);
  const facts = { wallet, ...(words !== "" && { words }) };
  if (code === USER_REJECTED || code === UNAUTHORIZED || REFUSED.test(words))
    return new PhaError("wallet/refused", `${wallet} refused`, {
      facts,
      hint: "Nothing was signed. Ask again, and approve it in the wallet.",
      cause: error,
    });
  return new PhaError("wallet/failed", `${wallet} could not do it${words && `: ${words}`}`, {
    facts,
    hint: "See what the wallet shows; if it does not know this network, add it or update its metadata there.",
    cause: error,
  });
}

function shownWords(message: unknown): string {
  if (typeof message !== "string") return "";
  return message
    .slice(0, 200)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim();
}

export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
    ? // Any fields, each looked at before use; of wallets they may be on a prototype.
      (value as Readonly<Record<string, unknown>>)
    : {};
}

/** Of what a wallet says and nobody can use. */
export function malformed(wallet: string, what: string): PhaError {
  return new PhaError("wallet/malformed", `${wallet} gave ${shownName(what, "nothing")}`, {
    facts: { wallet },
    hint: "Update the wallet, or use another one.",
  });
}

/** Of a signature that is not of the account over what was asked. */
export function otherSignature(wallet: string): PhaError {
  return new PhaError(
    "wallet/other-signature",
    `${wallet} signed something else, or with another key`,
    {
      facts: { wallet },
      hint: "Nothing was sent. Update the network's metadata in the wallet, or use another wallet.",
    },
  );
}

/** Of an account that the wallet does not show any more. */
export function accountGone(wallet: string, address: string): PhaError {
  return new PhaError("wallet/account-gone", `${wallet} does not show this account any more`, {
    facts: { wallet, address },
    hint: "Unlock the wallet and let this page see the account, or choose another one.",
  });
}
