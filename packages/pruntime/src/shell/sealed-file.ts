/** The sealed store on disk: AES-256-GCM under the platform's sealing key, replaced atomically. */
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { aes256GcmOpen, aes256GcmSeal, randomBytes } from "@pha/crypto";
import { concatBytes, PhaError, toHex, utf8 } from "@pha/scale";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const DOMAIN = "pha/v1/sealed-store";
/** Ends the names of files that are being written. */
const UNFINISHED = ".next";

export interface SealedFile {
  /** Absent at the first start. Removes what a killed process left unfinished. */
  read(): Promise<Uint8Array | undefined>;
  write(content: Uint8Array): Promise<void>;
}

/** Of platforms that have no key to seal with: every start is the first one. */
export const nothingSealed: SealedFile = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
};

/** @param domain what stands for how the content is to be read */
export function openSealedFile(path: string, key: Uint8Array, domain = DOMAIN): SealedFile {
  const aad = utf8(domain);
  return {
    async read() {
      let sealed: Uint8Array;
      try {
        await removeUnfinished(path);
        sealed = await readFile(path);
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw new PhaError("sealed-store/unreadable", "the sealed store cannot be read", {
          facts: { path },
          hint: "Check the file's permissions and the disk; it holds this worker's identity.",
          cause,
        });
      }
      const content =
        sealed.length < NONCE_BYTES + TAG_BYTES
          ? undefined
          : aes256GcmOpen(key, sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES), aad);
      if (content === undefined)
        throw new PhaError("sealed-store/not-opened", "the sealed store was made elsewhere", {
          hint: "Move it away to start with a new identity; state is restored from the chain.",
        });
      return content;
    },
    async write(content) {
      const nonce = randomBytes(NONCE_BYTES);
      const sealed = concatBytes(nonce, aes256GcmSeal(key, nonce, content, aad));
      // A name of its own: a process that is being ended may still write while its successor does.
      const next = `${path}.${toHex(randomBytes(8))}${UNFINISHED}`;
      const file = await open(next, "w", 0o600);
      try {
        await file.writeFile(sealed);
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(next, path);
    },
  };
}

async function removeUnfinished(path: string): Promise<void> {
  const folder = dirname(path);
  for (const name of await readdir(folder))
    if (name.startsWith(`${basename(path)}.`) && name.endsWith(UNFINISHED))
      await rm(join(folder, name), { force: true });
}

function isMissing(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT";
}
