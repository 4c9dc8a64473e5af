/** A host shows its worker no new blocks and lets it answer from old state. */
import { liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";

const QUERIES = "packages/pruntime/src/core/queries.ts";

export const attack: Attack = {
  name: "eclipsed worker answers from old state",
  rule: "a query names a block its client verified; nothing older answers it (protocol §7)",
  weaknesses: [
    { file: QUERIES, text: "if (at.number > follower.head.number) {", instead: "if (false) {" },
    {
      file: QUERIES,
      text: 'if (hash === undefined) return [refuse(open, "query/at-too-old")];',
      instead: "",
    },
    {
      file: QUERIES,
      text: "if (!equalBytes(hash, at.hash)) return",
      instead: "if (hash !== undefined && !equalBytes(hash, at.hash)) return",
    },
  ],
  attempt() {
    const { network, client, workers } = liveNetwork();
    const [eclipsed] = workers;
    if (eclipsed === undefined) throw new Error("there are workers");
    client.send({ argument: 7 });
    network.blocks(4);
    eclipsed.syncing = false;
    client.send({ argument: 5 });
    network.blocks(4);
    const asked = client.ask(eclipsed);
    const outcome = asked.type === "answer" ? asked.answer.outcome : undefined;
    return outcome?.type === "Ok"
      ? { succeeded: true, says: "it answered the state before the last final command" }
      : { succeeded: false, says: "the worker waits for the client's block" };
  },
};
