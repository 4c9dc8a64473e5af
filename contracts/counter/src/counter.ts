/** Sample contract: each account counts for itself; only the owner sees the sum. */
import { defineContract, ensure, secretMap, secretValue } from "@pha/contract";
import { fixedBytes, u64 } from "@pha/scale";

const accountId = fixedBytes(32);
const MAX_U64 = (1n << 64n) - 1n;

export const Counter = defineContract("counter", {
  docs: "One private counter for each account.",
  state: {
    counts: secretMap(accountId, u64, "Counter of each account."),
    total: secretValue(u64, 0n, "Sum of all counters."),
  },
  disclosures: {
    "own-counter": "An account's counter, to that account, which can prove it to others.",
  },
}).implement(({ command, query }) => ({
  add: command(
    { docs: "Adds to the caller's counter and returns it.", args: { n: u64 }, returns: u64 },
    ({ caller, state }, { n }) => {
      state.total.update((total) => sum(total, n));
      return state.counts.update(caller, 0n, (count) => sum(count, n));
    },
  ),

  value: query({ docs: "The caller's own counter.", args: {}, returns: u64 }, ({ caller, state }) =>
    state.counts.get(caller).map((count) => count ?? 0n),
  ),

  openValue: query(
    {
      docs: "The caller's own counter, opened: with a receipt the caller can prove it to others.",
      args: {},
      returns: u64,
    },
    ({ caller, state, open }) => {
      ensure(state.counts.has(caller), "counter/nothing-counted");
      open(state.counts.entry(caller), "own-counter");
      return state.counts.get(caller).map((count) => count ?? 0n);
    },
  ),

  total: query(
    { docs: "Sum of all counters; for the owner.", args: {}, returns: u64 },
    ({ callerIsOwner, state }) => {
      ensure(callerIsOwner, "counter/not-the-owner");
      return state.total.get();
    },
  ),
}));

function sum(a: bigint, b: bigint): bigint {
  ensure(a + b <= MAX_U64, "counter/overflow");
  return a + b;
}
