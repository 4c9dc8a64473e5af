/** One sealed command twice in a batch: what it pays for once is done twice. */
import { testCommand } from "@pha/runtime/testing";
import type { Attack } from "../attack.ts";
import { attackedCluster } from "../cluster.ts";

export const attack: Attack = {
  name: "batch of one command twice",
  rule: "the chain refuses a known (contract, command id) until its expiry (protocol §4)",
  weaknesses: [
    {
      file: "packages/runtime/src/phala-phat-contracts/commands.ts",
      text: "ensure(known === undefined || known < ctx.block.number, ctx.errors.RepeatedCommand);",
      instead: "void known;",
    },
  ],
  attempt() {
    const { chain } = attackedCluster();
    const command = testCommand(chain, 9);
    const { push_command } = chain.runtime.tx.PhalaPhatContracts;
    const { batch } = chain.runtime.tx.Utility;
    const calls = [push_command(command), push_command(command)];
    const sent = chain.send(batch({ calls }), "//Alice");
    const queued = sent.events.filter(({ name }) => name === "CommandQueued").length;
    return queued > 1
      ? { succeeded: true, says: `${queued} copies wait for the replicas` }
      : { succeeded: false, says: "the second copy is refused: RepeatedCommand" };
  },
};
