/** Pseudo-files of the kernel and of library operating systems, and what all providers do with them. */
import { mkdir, open, readFile, rmdir, stat } from "node:fs/promises";
import { PhaError } from "@pha/scale";

/** Tests imitate devices by another one. */
export interface DeviceFiles {
  exists(path: string): Promise<boolean>;
  read(path: string): Promise<Uint8Array>;
  /** In one call, as pseudo-files ask for. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  makeFolder(path: string): Promise<void>;
  removeFolder(path: string): Promise<void>;
  /** Lets time pass before another try. */
  pause(ms: number): Promise<void>;
}

export const systemFiles: DeviceFiles = {
  exists: (path) =>
    stat(path).then(
      () => true,
      () => false,
    ),
  read: async (path) => new Uint8Array(await readFile(path)),
  async write(path, bytes) {
    const file = await open(path, "r+");
    try {
      const { bytesWritten } = await file.write(bytes);
      // A signal cut it short; a pseudo-file takes all at once, so it is written anew.
      if (bytesWritten !== bytes.length)
        throw Object.assign(new Error("cut short"), { code: "EINTR" });
    } finally {
      await file.close();
    }
  },
  makeFolder: async (path) => {
    await mkdir(path);
  },
  removeFolder: (path) => rmdir(path),
  pause: (ms) => new Promise((done) => setTimeout(done, ms)),
};

/** Of errors that pass: the quoting service is busy, a signal came, it took too long. */
const PASSING: ReadonlySet<string> = new Set(["EBUSY", "EINTR", "EAGAIN", "ETIMEDOUT"]);
const TRIES = 6;
const FIRST_PAUSE_MS = 50;

/** The error's code, such as `EBUSY`; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/**
 * Tries again what failed for a reason that passes, with pauses that double.
 *
 * @throws PhaError `provider/busy` after `TRIES`, and every other error at once
 */
export async function patiently<T>(
  files: Pick<DeviceFiles, "pause">,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (cause) {
      if (!PASSING.has(codeOf(cause))) throw cause;
      if (tried === TRIES)
        throw new PhaError("provider/busy", "the platform was busy at every try", {
          facts: { tries: TRIES, cause: codeOf(cause) },
          hint: "Start the quoting service of the machine, or start fewer workers at once.",
          cause,
        });
      await files.pause(FIRST_PAUSE_MS * 2 ** (tried - 1));
    }
  }
}
