/** A file that must not exist yet and that only its owner can read: taken before what fills it is done. */
import { open, rm } from "node:fs/promises";
import { PhaError } from "@pha/scale";

export interface NewFile {
  /** Writes its whole content and closes it. */
  write(content: Uint8Array): Promise<void>;
  /** Takes it away unless it was written. */
  end(): Promise<void>;
}

export async function newFile(path: string): Promise<NewFile> {
  const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
    throw new PhaError("usage/file-not-written", `nothing can be written to ${path}`, {
      cause,
      hint: "Name a file that does not exist yet, in a folder that you may write to.",
    });
  });
  let isWritten = false;
  return {
    async write(content) {
      await file.writeFile(content);
      isWritten = true;
    },
    async end() {
      await file.close();
      if (!isWritten) await rm(path, { force: true });
    },
  };
}
