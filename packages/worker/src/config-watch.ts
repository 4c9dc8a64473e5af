/** Looks after the configuration's file while the host runs: an operator changes programs in it. */
import { readFile } from "node:fs/promises";
import type { WorkerHostConfig } from "./config.ts";
import { reasonOf, type WorkerLog } from "./log.ts";

const LOOK_MS = 1_000;

export interface ConfigWatch {
  stop(): void;
}

/**
 * Tells of every content that is whole and of a sound form; a wrong one is logged once and changes nothing.
 *
 * @param load as at the start of the host, with what was given for this run alone
 */
export function watchConfig(
  path: string,
  load: () => Promise<WorkerHostConfig>,
  onChange: (config: WorkerHostConfig) => void,
  log: WorkerLog,
  lookMs = LOOK_MS,
): ConfigWatch {
  let seen: string | undefined;
  let isLooking = false;

  async function look(): Promise<void> {
    // Not by its times: two changes within the clock's tick may have the same, and the same size.
    const text = await readFile(path, "utf8");
    if (text === seen) return;
    const isFirst = seen === undefined;
    seen = text;
    if (!isFirst) onChange(await load());
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
