/** Waits until the cluster's final root includes the commands of a block: then queries see what they changed. */
import { STORAGE } from "@pha/protocol";
import { PhaError } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";

const FINAL_TIMEOUT_MS = 60_000;
const FINAL_POLL_MS = 50;

/** @throws PhaError `command/not-final` when the majority has not voted in time */
export async function untilFinal(
  chain: Pick<Chain, "read">,
  cluster: Uint8Array,
  blockNumber: number,
  timeoutMs = FINAL_TIMEOUT_MS,
): Promise<void> {
  const { key, value } = { key: STORAGE.root.key(cluster), value: STORAGE.root.value };
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    const root = await chain.read({ key, value });
    if (root !== undefined && root.block.number >= blockNumber) return;
    await new Promise((resolve) => setTimeout(resolve, FINAL_POLL_MS));
  }
  throw new PhaError("command/not-final", `the command's root was not final in ${timeoutMs} ms`, {
    facts: { blockNumber, timeoutMs },
    hint: "The command was executed; look whether the cluster is live: `pha verify`.",
  });
}
