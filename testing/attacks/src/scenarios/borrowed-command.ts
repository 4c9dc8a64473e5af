/** Somebody takes a victim's sealed command from the pool and sends it in a name of its own. */
import { liveNetwork } from "@pha/pruntime/testing";
import { equalBytes } from "@pha/scale";
import type { Attack } from "../attack.ts";

const MALLORY = new Uint8Array(32).fill(0x66);

export const attack: Attack = {
  name: "victim's sealed command in another's name",
  rule: "the sealed part is bound to the dispatch origin and all that is clear beside it (protocol §4)",
  weaknesses: [
    {
      file: "packages/protocol/src/command.ts",
      text: "export const CommandAad = struct({\n  origin: AccountId,\n",
      instead: "export const CommandAad = struct({\n",
    },
  ],
  attempt() {
    const { network, pallets, client, workers } = liveNetwork();
    const { command } = client.makeCommand({ argument: 42 });
    pallets.command({ ...command, origin: MALLORY });
    network.until(() => pallets.steps.some(({ replies }) => replies.length > 0));
    const ran = workers.some(({ engine }) =>
      engine.calls.some(({ caller }) => equalBytes(caller, MALLORY)),
    );
    return ran
      ? { succeeded: true, says: "the contract did for the thief what the victim had sealed" }
      : { succeeded: false, says: "it opens for no origin but the one that sealed it" };
  },
};
