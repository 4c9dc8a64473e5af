/** A replica that executes nothing copies the others' root and keeps its seat and its share of the reward. */
import { executionTag } from "@pha/protocol";
import { type TestBoot, traceOf } from "@pha/runtime/testing";
import type { Attack } from "../attack.ts";
import { eventsOf, twoBlocks } from "../cluster.ts";

export const attack: Attack = {
  name: "lazy voter copies a root",
  rule: "a vote promises a trace under the cluster's key, the next one shows it (protocol §6)",
  weaknesses: [
    {
      file: "packages/runtime/src/pha-contract-state/execution.ts",
      text: "export function checkExecution(ctx: StateContext, { identity, commit }: Vote): void {",
      instead:
        "export function checkExecution(ctx: StateContext, { identity, commit }: Vote): void {\n  if (ctx) return;",
    },
  ],
  attempt() {
    const { workers, first, second, vote } = twoBlocks();
    const [a, b, lazy] = workers;
    vote(a, first, { carries: true });
    vote(b, first);
    const made = executionTag(lazy.boot, first.block.hash, new Uint8Array(32));
    vote(lazy, first, { change: { executionTag: made } });
    for (const honest of [a, b]) vote(honest, second, { carries: true });
    // By now the trace of the first block is on chain for everybody to copy.
    const revealed = { block: first.block.number, trace: traceOf(first.block.number) };
    const sent = vote(lazy satisfies TestBoot, second, { change: { revealed } });
    const caught = eventsOf(sent).includes("NotExecuted");
    return caught
      ? { succeeded: false, says: "the shown trace did not fit the promise: suspended" }
      : { succeeded: true, says: "its copied votes count like executed ones" };
  },
};
