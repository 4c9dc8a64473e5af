/**
 * Session keys on disk: a file per key in one folder, `babe-0x…` and `gran-0x…` by public key, the secret in hex inside.
 *
 * A file is written beside its place, synced and moved there, so that it is whole or absent; it is its owner's alone
 * (mode 0600), and one that others may read is refused. Keys that another process puts there are found when they are
 * asked for.
 *
 * **Trust**: the folder is the operator's; a secret that is not that of its file's name is refused.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  ed25519FromSeed,
  type PairOf,
  pairFromUri,
  randomBytes,
  sr25519Sign,
  sr25519Verify,
} from "@pha/crypto";
import { equalBytes, PhaError, parseHex, toHex } from "@pha/scale";
import { KEY_TYPES, type KeyType, type SessionPair, type StoredKey } from "./keystore.ts";
import {
  type BabeSigner,
  babeSigner,
  badSecret,
  type GrandpaSigner,
  grandpaSigner,
  type SecretKeys,
} from "./secret-keys.ts";

export interface KeystoreFolder extends SecretKeys {
  keys(): readonly StoredKey[];
  has(type: KeyType, key: Uint8Array): boolean;
  /** New keys for a session. */
  generate(): SessionPair;
  /** Public key of a secret. @throws PhaError `keystore/bad-secret` */
  publicKeyOf(type: KeyType, uri: string): Uint8Array;
  /**
   * @param uri secret: a phrase, a seed in hex, or a development path
   * @returns the public key
   * @throws PhaError `keystore/bad-secret`
   */
  insert(type: KeyType, uri: string): Uint8Array;
}

/** Bytes of a secret: sr25519 expanded, ed25519 a seed. */
const SECRET_BYTES: Readonly<Record<KeyType, number>> = { babe: 64, gran: 32 };
const NAME = /^(babe|gran)-0x([0-9a-f]{64})$/;

/** @throws PhaError `keystore/unreadable`, `keystore/exposed`, `keystore/malformed` */
export function openKeystoreFolder(folder: string): KeystoreFolder {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unreadable(folder, cause);
  }
  const babes = new Map<string, BabeSigner>();
  const grandpas = new Map<string, GrandpaSigner>();
  const pathOf = (type: KeyType, key: Uint8Array): string => join(folder, `${type}-${toHex(key)}`);

  const babe = (key: Uint8Array): BabeSigner | undefined => {
    const name = toHex(key);
    const known = babes.get(name);
    if (known) return known;
    const secretKey = readSecret(pathOf("babe", key), "babe");
    if (secretKey === undefined) return undefined;
    const pair = { publicKey: key, secretKey };
    if (!sr25519Verify(key, key, sr25519Sign(pair, key))) throw malformed(pathOf("babe", key));
    const signer = babeSigner(pair);
    babes.set(name, signer);
    return signer;
  };
  const grandpa = (key: Uint8Array): GrandpaSigner | undefined => {
    const name = toHex(key);
    const known = grandpas.get(name);
    if (known) return known;
    const seed = readSecret(pathOf("gran", key), "gran");
    if (seed === undefined) return undefined;
    if (!equalBytes(ed25519FromSeed(seed).publicKey, key)) throw malformed(pathOf("gran", key));
    const signer = grandpaSigner(seed);
    grandpas.set(name, signer);
    return signer;
  };

  const keys = (): readonly StoredKey[] =>
    list(folder).flatMap((name): StoredKey[] => {
      const [, type, hex = ""] = NAME.exec(name) ?? [];
      const parsed = parseHex(hex, 32);
      const known = KEY_TYPES.find((one) => one === type);
      return known && parsed.ok ? [{ type: known, key: parsed.value }] : [];
    });
  const insert = (type: KeyType, uri: string): Uint8Array => {
    const [key, secret] = secretOf(type, uri);
    writeSecret(pathOf(type, key), secret);
    return key;
  };
  // Whatever is wrong with the folder is said at the start.
  for (const { type, key } of keys()) type === "babe" ? babe(key) : grandpa(key);

  return {
    babe,
    grandpa,
    keys,
    has: (type, key) => (type === "babe" ? babe(key) : grandpa(key)) !== undefined,
    generate: () => ({
      babe: insert("babe", toHex(randomBytes(32))),
      grandpa: insert("gran", toHex(randomBytes(32))),
    }),
    publicKeyOf: (type, uri) => secretOf(type, uri)[0],
    insert,
  };
}

function secretOf(type: KeyType, uri: string): readonly [key: Uint8Array, secret: Uint8Array] {
  return type === "babe" ? babeSecret(uri) : grandpaSecret(uri);
}

function babeSecret(uri: string): readonly [Uint8Array, Uint8Array] {
  const pair: PairOf["sr25519"] = pairOf(uri, "sr25519");
  return [pair.publicKey, pair.secretKey];
}

function grandpaSecret(uri: string): readonly [Uint8Array, Uint8Array] {
  const pair: PairOf["ed25519"] = pairOf(uri, "ed25519");
  return [pair.publicKey, pair.seed];
}

function pairOf<S extends "sr25519" | "ed25519">(uri: string, scheme: S): PairOf[S] {
  const pair = pairFromUri(uri, scheme);
  if (!pair.ok) throw badSecret();
  return pair.value;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function readSecret(path: string, type: KeyType): Uint8Array | undefined {
  let text: string;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    if ((stat.mode & 0o077) !== 0)
      throw new PhaError("keystore/exposed", "others may read a key of the keystore", {
        facts: { path },
        hint: "take the right from them: chmod 600 on the file, and rotate the key if they may have read it",
      });
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw cause instanceof PhaError ? cause : unreadable(path, cause);
  }
  const secret = parseHex(text.trim(), SECRET_BYTES[type]);
  if (!secret.ok || secret.value.length !== SECRET_BYTES[type]) throw malformed(path);
  return secret.value;
}

function writeSecret(path: string, secret: Uint8Array): void {
  const beside = `${path}.new`;
  try {
    rmSync(beside, { force: true });
    writeFileSync(beside, `${toHex(secret)}\n`, { mode: 0o600, flag: "wx" });
    sync(beside);
    renameSync(beside, path);
    sync(join(path, ".."));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function malformed(path: string): PhaError {
  return new PhaError(
    "keystore/malformed",
    "a file of the keystore holds not the key of its name",
    {
      facts: { path },
      hint: "restore the file from a copy, or move it away and use `pha key rotate` for new keys",
    },
  );
}

function unreadable(path: string, cause: unknown): PhaError {
  return new PhaError("keystore/unreadable", "the keystore cannot be read or written", {
    facts: { path },
    hint: "give a folder that the node may write to, with room on its disk",
    cause,
  });
}
