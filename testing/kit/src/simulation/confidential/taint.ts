/**
 * Searches what leaves TEEs for what must not: marks that users put into their messages, and secret scalars.
 *
 * Every message carries the run's mark, so one search finds them all; scalars are found by their first four bytes and
 * then compared.
 */
import { takeSecretScalars } from "./model-bls.ts";

/** Bytes of a mark; shorter ones are found by chance. */
export const MARK_BYTES = 12;

export interface Taint {
  /** A scalar that a proof shows, and that whoever checks the proof multiplies with: it is no secret. */
  publish(scalar: Uint8Array): void;
  /** What of it is in there: nothing, if all is well. */
  find(value: unknown): "plaintext" | "secret" | undefined;
  /** Scalars that are searched for. */
  readonly secrets: number;
}

export function createTaint(mark: Uint8Array): Taint {
  const needle = Buffer.from(mark);
  const secrets = new Map<number, Buffer[]>();
  const published = new Set<string>();
  let count = 0;
  // What a former run left behind is not of this one.
  takeSecretScalars();

  function learn(): void {
    for (const scalar of takeSecretScalars()) {
      const bytes = Buffer.from(scalar);
      if (published.has(bytes.toString("latin1"))) continue;
      const key = bytes.readUInt32LE(0);
      const same = secrets.get(key) ?? [];
      if (same.some((one) => one.equals(bytes))) continue;
      secrets.set(key, [...same, bytes]);
      count++;
    }
  }

  function findIn(bytes: Uint8Array): "plaintext" | "secret" | undefined {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.includes(needle)) return "plaintext";
    for (let at = 0; at + 32 <= view.length; at++)
      for (const secret of secrets.get(view.readUInt32LE(at)) ?? [])
        if (secret.compare(view, at, at + secret.length) === 0) return "secret";
    return undefined;
  }

  function search(value: unknown): "plaintext" | "secret" | undefined {
    if (value instanceof Uint8Array) return findIn(value);
    if (typeof value !== "object" || value === null) return undefined;
    for (const one of Object.values(value)) {
      const found = search(one);
      if (found) return found;
    }
    return undefined;
  }

  return {
    get secrets() {
      return count;
    },
    publish(scalar) {
      published.add(Buffer.from(scalar).toString("latin1"));
    },
    find(value) {
      learn();
      return search(value);
    },
  };
}
