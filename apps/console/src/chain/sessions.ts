/**
 * Sessions of this page, one for each account and contract; they end with the page.
 *
 * **Bounds**: `MOST_SESSIONS`; the oldest goes.
 */
import type { Session } from "@pha/sdk";
import { createStore } from "./store.ts";

export interface SessionKey {
  readonly genesis: string;
  readonly account: string;
  /** In hex. */
  readonly contract: string;
}

export interface KeptSession extends SessionKey {
  readonly session: Session;
}

const MOST_SESSIONS = 64;

export const sessions = createStore<readonly KeptSession[]>([]);

function isSame(a: SessionKey, b: SessionKey): boolean {
  return a.genesis === b.genesis && a.account === b.account && a.contract === b.contract;
}

export function sessionOf(key: SessionKey): Session | undefined {
  return sessions.get().find((one) => isSame(one, key))?.session;
}

export function keepSession(key: SessionKey, session: Session): void {
  sessions.update((all) =>
    [...all.filter((one) => !isSame(one, key)), { ...key, session }].slice(-MOST_SESSIONS),
  );
}

/** Ends it here: its key is gone with it, so nobody can use the certificate any more. */
export function endSession(key: SessionKey): void {
  sessions.update((all) => all.filter((one) => !isSame(one, key)));
}
