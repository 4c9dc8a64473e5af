/** A host watches what its worker gives out, and guesses from sizes whom a payment went to. */
import { COUNTER, liveNetwork } from "@pha/pruntime/testing";
import type { Attack } from "../attack.ts";

/** Lengths of what a payment to one of two possible receivers writes. */
const RECEIVERS = [20, 300] as const;

export const attack: Attack = {
  name: "storage trace links sender and receiver",
  rule: "what leaves is one padded delta per cluster and block, without keys or contracts (protocol §5)",
  weaknesses: [
    {
      file: "packages/protocol/src/cluster-state.ts",
      text: "const padded = pad(encode(Delta, writes), DELTA_BUCKETS);",
      instead: "const padded = ok(encode(Delta, writes)); void pad;",
    },
  ],
  attempt() {
    const { network, pallets, client } = liveNetwork();
    const seen = RECEIVERS.map((argument) => {
      const before = pallets.steps.length;
      client.send({ selector: COUNTER.write, argument });
      network.until(() => pallets.steps.length > before);
      const { delta, replies } = pallets.steps[before] ?? { delta: undefined, replies: [] };
      const sizes = replies.map(({ sealed }) =>
        sealed?.type === "OnChain" ? sealed.value.length : 0,
      );
      return [delta?.type === "OnChain" ? delta.value.length : 0, ...sizes].join(" ");
    });
    const [one, other] = seen;
    return one !== other
      ? {
          succeeded: true,
          says: `the trace tells one receiver from the other: ${seen.join(" / ")}`,
        }
      : { succeeded: false, says: `both leave the same behind: ${one} bytes` };
  },
};
