/**
 * Chain specifications of networks that the light client follows: of this page's server, or kept in this browser.
 *
 * **Bounds**: `MAX_SPEC` characters. **Trust**: a specification says where verification begins; with the genesis hash that a
 * person knows, another network's is refused.
 */
import { PhaError } from "@pha/scale";
import type { Network } from "./networks.ts";

/** Browsers keep five million characters of one origin. */
export const MAX_SPEC = 4_000_000;

const keyOf = (id: string): string => `pha-chain-spec ${id}`;

/** Kept until the page is closed where the browser keeps nothing. */
const ofThisVisit = new Map<string, string>();

export function keepChainSpec(id: string, text: string): void {
  ofThisVisit.set(id, text);
  try {
    localStorage.setItem(keyOf(id), text);
  } catch {
    // Storage is off or full: it is there until the page is closed, and then asked for again.
  }
}

export function forgetChainSpec(id: string): void {
  ofThisVisit.delete(id);
  try {
    localStorage.removeItem(keyOf(id));
  } catch {
    // Storage is off: nothing was kept.
  }
}

function keptSpec(id: string): string | undefined {
  try {
    return ofThisVisit.get(id) ?? localStorage.getItem(keyOf(id)) ?? undefined;
  } catch {
    // Storage is off.
    return undefined;
  }
}

/** @throws PhaError `network/no-chain-spec` */
export async function chainSpecOf({ id, chainSpec, isServed }: Network): Promise<string> {
  const text = isServed ? await servedSpec(chainSpec ?? "") : keptSpec(id);
  if (text !== undefined && text.length <= MAX_SPEC) return text;
  throw new PhaError("network/no-chain-spec", "there is no chain specification to begin with", {
    hint: isServed
      ? "The server of this page gives none now; try again when its network runs."
      : "This browser does not keep it any more: remove the network in the settings and add it again.",
  });
}

async function servedSpec(path: string): Promise<string | undefined> {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(20_000) });
    return response.ok ? await response.text() : undefined;
  } catch {
    // The server is gone: told as the lack of what it would give.
    return undefined;
  }
}
