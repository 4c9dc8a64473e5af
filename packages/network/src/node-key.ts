/** The node's own key on disk: 32 bytes as hex, readable by its owner alone. */
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { PhaError, parseHex, toHex } from "@pha/scale";

/**
 * Reads the key's seed, or makes one where there is none.
 *
 * @returns seed of an ed25519 key, 32 bytes
 * @throws PhaError `node-key/unreadable`, `node-key/malformed`, `node-key/exposed`
 */
export function loadNodeKey(path: string): Uint8Array {
  const stored = readKey(path);
  if (stored === undefined) return createKey(path);
  const seed = parseHex(`0x${stored.trim().replace(/^0x/, "")}`);
  if (!seed.ok || seed.value.length !== 32)
    throw new PhaError("node-key/malformed", "the node key is not 32 bytes of hex", {
      facts: { path },
      hint: "restore the file from a copy, or remove it and let the node make another identity",
    });
  return seed.value;
}

function readKey(path: string): string | undefined {
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw new PhaError("node-key/exposed", "others may read the node key", {
        facts: { path },
        hint: "take the right from them: chmod 600 on the file",
      });
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof PhaError) throw cause;
    if (isMissing(cause)) return undefined;
    throw unreadable(path, cause);
  }
}

function createKey(path: string): Uint8Array {
  const seed = new Uint8Array(randomBytes(32));
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${toHex(seed).slice(2)}\n`, { mode: 0o600, flag: "wx" });
    chmodSync(path, 0o600);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return seed;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function unreadable(path: string, cause: unknown): PhaError {
  return new PhaError("node-key/unreadable", "the node key can neither be read nor made", {
    facts: { path },
    hint: "give a file in a folder that the node may write to",
    cause,
  });
}
