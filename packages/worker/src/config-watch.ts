/** Looks after the configuration's file while the host runs: an operator changes programs in it. */
import { readFile } from "node:fs/promises";
import type { WorkerHostConfig } from "./config.ts";
import { reasonOf, type WorkerLog } from "./log.ts";

const LOOK_MS = 1_000;

export interface ConfigWatch {
  stop(): void;
}

/**
 * Tells once of every content that is whole and of a sound form; a wrong one is logged once and changes nothing.
 *
 * @param running what the host was started with: a change since then is told, too
 * @param read as at the start of the host, with what was given for this run alone
 */
export function watchConfig(
  path: string,
  running: string,
  read: (text: string) => WorkerHostConfig,
  onChange: (config: WorkerHostConfig) => void,
  log: WorkerLog,
  lookMs = LOOK_MS,
): ConfigWatch {
  let seen = running;
  let isLooking = false;

  async function look(): Promise<void> {
    // Not by its times: two changes within the clock's tick may have the same, and the same size.
    const text = await readFile(path, "utf8");
    if (text === seen) return;
    seen = text;
    // Of this text, and not of the file, which may be another by now.
    onChange(read(text));
  }

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) =>
        log.error({ path, reason: reasonOf(error) }, "the changed configuration is not taken"),
      )
      .finally(() => {
        isLooking = false;
      });
  }, lookMs);
  return { stop: () => clearInterval(timer) };
}
