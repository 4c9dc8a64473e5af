/** A contract that does what contracts should not: it runs for ever, and refuses with a word of its own. */
import { defineContract, ensure, secretValue } from "@pha/contract";
import { u32 } from "@pha/scale";

export const Stubborn = defineContract("stubborn", {
  docs: "Fails in every way.",
  state: { last: secretValue(u32, 0, "What it came to.") },
}).implement(({ command, query }) => ({
  spin: command({ docs: "Runs out of fuel.", args: {}, returns: u32 }, ({ state }) => {
    let sum = 0;
    for (let i = 0; i < 1_000_000_000; i++) sum = (sum + i) % 1_000_003;
    state.last.update(() => sum);
    return sum;
  }),

  refuse: command({ docs: "Refuses.", args: {}, returns: u32 }, () => {
    ensure(false, "stubborn/never");
    return 0;
  }),

  ponder: query({ docs: "Runs out of fuel.", args: {}, returns: u32 }, () => {
    let sum = 0;
    for (let i = 0; i < 1_000_000_000; i++) sum = (sum + i) % 1_000_003;
    return sum;
  }),
}));
