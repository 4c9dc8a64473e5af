/**
 * Opens what a signer holds: the folder of keys, and in it the record of what they signed.
 *
 * One signer at a time has a folder: two would each keep to their own half of the record. The lock is a socket in the
 * kernel's own namespace, so it goes with the process, however that ends.
 */
import { mkdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { PhaError } from "@pha/scale";
import { openJournalDirectory } from "../database/journal-files.ts";
import { openKeystoreFolder } from "./keystore-folder.ts";
import { openSecret } from "./secret-keys.ts";
import { createSignerMachine } from "./signer-machine.ts";
import type { SignerAnswer, SignerRequest } from "./signer-messages.ts";
import { openSigningJournal, volatileJournal } from "./signing-journal.ts";

/** Folder in the keystore: who moves the keys moves what they signed. */
export const SIGNED_FOLDER = "signed";
/** For the signer of a node that was killed a moment ago. */
const LOCK_MS = 10_000;
const LOCK_PAUSE_MS = 50;

type Open = Extract<SignerRequest, { readonly type: "Open" }>["value"];

export interface OpenedSigner {
  readonly handle: (request: SignerRequest) => SignerAnswer;
  /** Gives the folder to others. */
  close(): Promise<void>;
}

/** @throws PhaError `keystore/…`, `signer/in-use`, `signer/journal-damaged` */
export async function openSigner(
  { folder: path, authority: uri }: Open,
  { lockMs = LOCK_MS }: { readonly lockMs?: number } = {},
): Promise<OpenedSigner> {
  const authority = uri === undefined ? undefined : openSecret(uri);
  const folder = path === undefined ? undefined : openKeystoreFolder(path);
  const unlock = path === undefined ? async () => {} : await lock(path, lockMs);
  try {
    const journal =
      path === undefined
        ? volatileJournal()
        : openSigningJournal(openJournalDirectory(signedFolder(path)));
    return { handle: createSignerMachine({ folder, authority, journal }), close: unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

function signedFolder(path: string): string {
  const folder = join(path, SIGNED_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Resolves with what gives the lock back. */
async function lock(path: string, lockMs: number): Promise<() => Promise<void>> {
  const { dev, ino } = statSync(path);
  const name = `\0pha-signer-${dev}-${ino}`;
  for (let waitedMs = 0; ; waitedMs += LOCK_PAUSE_MS) {
    const unlock = await tryLock(name);
    if (unlock) return unlock;
    if (waitedMs >= lockMs)
      throw new PhaError("signer/in-use", "another process signs with this keystore", {
        facts: { path },
        hint: "stop the other node of this folder; a validator that runs twice is slashed",
      });
    await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
  }
}

function tryLock(name: string): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => {
      server.unref();
      resolve(() => new Promise((done) => server.close(() => done())));
    });
  });
}
