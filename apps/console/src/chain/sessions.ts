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
  /** Who signed it, and in which wallet, if in one. */
  readonly signedBy: { readonly name: string; readonly wallet: string | undefined };
  /** A worker called it expired. */
  readonly isOver: boolean;
}

const MOST_SESSIONS = 64;

export const sessions = createStore<readonly KeptSession[]>([]);

function isSame(a: SessionKey, b: SessionKey): boolean {
  return a.genesis === b.genesis && a.account === b.account && a.contract === b.contract;
}

export function sessionOf(key: SessionKey): KeptSession | undefined {
  return sessions.get().find((one) => isSame(one, key));
}

export function keepSession(
  key: SessionKey,
  session: Session,
  signedBy: KeptSession["signedBy"],
): void {
  sessions.update((all) =>
    [...all.filter((one) => !isSame(one, key)), { ...key, session, signedBy, isOver: false }].slice(
      -MOST_SESSIONS,
    ),
  );
}

/** It is kept in the list, and not used any more. */
export function expireSession(key: SessionKey): void {
  sessions.update((all) => all.map((one) => (isSame(one, key) ? { ...one, isOver: true } : one)));
}

/** @returns how many there were */
export function endSessionsOf(account: string): number {
  const count = sessions.get().filter((one) => one.account === account).length;
  if (count > 0) sessions.update((all) => all.filter((one) => one.account !== account));
  return count;
}

/** Ends it here: its key is gone with it, so nobody can use the certificate any more. */
export function endSession(key: SessionKey): void {
  sessions.update((all) => all.filter((one) => !isSame(one, key)));
}
