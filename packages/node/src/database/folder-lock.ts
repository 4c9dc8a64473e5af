/**
 * One program at a time in a data folder.
 *
 * The lock is a name in the kernel's table of local sockets, made of the folder's device and inode: two paths to one
 * folder are one name, and it is gone with the process, however that ends. Nothing is written to the disk.
 *
 * **Not here**: machines, or containers with networks of their own, that share a folder over a mount; they do not see
 * one another's names.
 */
import { mkdirSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { PhaError } from "@pha/scale";
import { unreadable } from "./lmdb-store.ts";

export interface FolderLock {
  /** Resolves when others may have the folder. */
  release(): Promise<void>;
}

/** @throws PhaError `database/in-use`, `database/unreadable` */
export async function lockFolder(directory: string): Promise<FolderLock> {
  const name = nameOf(directory);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(cause.code === "EADDRINUSE" ? inUse(directory) : unreadable(directory, cause)),
    );
    server.listen({ path: name, exclusive: true }, resolve);
  });
  // It keeps others out, not the process alive.
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

function nameOf(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true });
    const { dev, ino } = statSync(directory, { bigint: true });
    return `\0pha-data-${dev}-${ino}`;
  } catch (cause) {
    throw unreadable(directory, cause);
  }
}

function inUse(directory: string): PhaError {
  return new PhaError("database/in-use", "another program works in the data folder", {
    facts: { directory },
    hint: "stop the other pha node or pha db on this folder first, or give this one a folder of its own",
  });
}
