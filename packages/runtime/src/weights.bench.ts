/**
 * Measurement behind the weight tables of the standard pallets: `npx vitest bench --project unit packages/runtime`.
 *
 * Each row dispatches one call in its dearest case, on an overlay above a state in memory, and rolls it back. The
 * tables carry the p75 in picoseconds, times two for reads from the database and slower machines, rounded up.
 */
import { addressOf, type Call, NONE, type Origin, ROOT, signedBy } from "@pha/frame";
import { encode, u64 } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { bench, describe } from "vitest";
import { joinArtefact, runtimeCode, transitionSections } from "./artefact/index.ts";
import { PHA } from "./parameters.ts";
import { headerOf, startTestChain } from "./testing/test-chain.ts";

const OPTIONS = { time: 300, warmupTime: 100 };
const chain = startTestChain();
chain.block();
const { runtime } = chain;
const { tx } = runtime;
const overlay = createOverlay({
  get: (key) => chain.overlay.get(key),
  nextKey: (key) => {
    const [next] = [...chain.overlay.keys(new Uint8Array())].filter((one) => isAfter(one, key));
    return next;
  },
});
runtime.initializeBlock(overlay, headerOf(chain.hash(), 2, 1_001n));
const env = runtime.env(overlay);

const alice = chain.account("//Alice");
const bob = addressOf(chain.account("//Bob"));
const newcomer = () => addressOf(crypto.getRandomValues(new Uint8Array(32)));
const remark = (length: number) => ({ remark: new Uint8Array(length) });
const nothing = tx.System.remark(remark(0));

function isAfter(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) > 0;
}

function row(name: string, origin: Origin, call: () => Call): void {
  bench(
    name,
    () => {
      overlay.begin();
      env.dispatch(call(), origin);
      overlay.rollback();
      env.events.length = 0;
      env.digest.length = 1;
    },
    OPTIONS,
  );
}

describe("System", () => {
  row("remark", signedBy(alice), () => nothing);
  row("remark, 100 KB", signedBy(alice), () => tx.System.remark(remark(100_000)));
  row("remark_with_event", signedBy(alice), () => tx.System.remark_with_event(remark(0)));
  row("remark_with_event, 100 KB", signedBy(alice), () =>
    tx.System.remark_with_event(remark(100_000)),
  );
  row("set_heap_pages", ROOT, () => tx.System.set_heap_pages({ pages: 64n }));
  // Reading and hashing; the start of the transition, which dominates, is some 100 ms of the node.
  const script = new Uint8Array(900_000);
  const code = joinArtefact(runtimeCode(runtime, transitionSections(script)), script);
  row("set_code, 1 MB", ROOT, () => tx.System.set_code_without_checks({ code }));
  const codeHash = new Uint8Array(32).fill(5);
  row("authorize_upgrade", ROOT, () => tx.System.authorize_upgrade({ codeHash }));
  const items = Array.from({ length: 1000 }, (_, i): [Uint8Array, Uint8Array] => [
    encode(u64, BigInt(i)),
    encode(u64, 1n),
  ]);
  row("set_storage, 1000", ROOT, () => tx.System.set_storage({ items }));
  const keys = items.map(([key]) => key);
  row("kill_storage, 1000", ROOT, () => tx.System.kill_storage({ keys }));
});

describe("Timestamp", () => {
  row("set", NONE, () => tx.Timestamp.set({ now: 1_001_000n }));
});

describe("Balances", () => {
  const value = PHA;
  row("transfer_allow_death", signedBy(alice), () =>
    tx.Balances.transfer_allow_death({ dest: newcomer(), value }),
  );
  row("transfer_keep_alive", signedBy(alice), () =>
    tx.Balances.transfer_keep_alive({ dest: newcomer(), value }),
  );
  row("transfer_all", signedBy(alice), () =>
    tx.Balances.transfer_all({ dest: newcomer(), keepAlive: false }),
  );
  row("force_transfer", ROOT, () =>
    tx.Balances.force_transfer({ source: bob, dest: newcomer(), value }),
  );
  row("force_unreserve", ROOT, () => tx.Balances.force_unreserve({ who: bob, amount: 1n }));
  const who = Array.from({ length: 100 }, () => alice);
  row("upgrade_accounts, 100", signedBy(alice), () => tx.Balances.upgrade_accounts({ who }));
  row("force_set_balance", ROOT, () =>
    tx.Balances.force_set_balance({ who: newcomer(), newFree: PHA }),
  );
  row("force_adjust_total_issuance", ROOT, () =>
    tx.Balances.force_adjust_total_issuance({
      direction: { type: "Increase", value: undefined },
      delta: 1n,
    }),
  );
  row("burn", signedBy(alice), () => tx.Balances.burn({ value, keepAlive: false }));
});

describe("Utility and Sudo", () => {
  const calls = Array.from({ length: 100 }, () => nothing);
  row("batch, empty", signedBy(alice), () => tx.Utility.batch({ calls: [] }));
  row("batch, 100", signedBy(alice), () => tx.Utility.batch({ calls }));
  row("sudo", signedBy(alice), () => tx.Sudo.sudo({ call: nothing }));
  row("set_key", signedBy(alice), () => tx.Sudo.set_key({ new: bob }));
});

describe("Block", () => {
  bench(
    "empty block",
    () => {
      const own = createOverlay({ get: (key) => chain.overlay.get(key) });
      runtime.initializeBlock(own, headerOf(chain.hash(), 2, 1_001n));
      runtime.finalizeBlock(own);
    },
    OPTIONS,
  );
  const bytes = Array.from({ length: 4000 }, (_, nonce) =>
    chain.sign("//Alice", nothing, { nonce }),
  );
  let next = 0;
  bench(
    "extrinsic that does nothing, signature included",
    () => {
      const extrinsic = bytes[next++ % bytes.length];
      if (extrinsic) runtime.applyExtrinsic(overlay, extrinsic);
    },
    { iterations: 1000, time: 10, warmupIterations: 100 },
  );
});
