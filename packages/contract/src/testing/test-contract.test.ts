import { boundedBytes, boundedStr, fixedBytes, option, struct, u32, u64 } from "@pha/scale";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type ArgsOf,
  combine,
  defineContract,
  ensure,
  publicValue,
  type ResultOf,
  type Secret,
  type StateEntry,
  secretMap,
  secretSet,
  secretValue,
} from "../index.ts";
import { MAX_OPENED_BYTES, MAX_OPENED_FIELDS } from "../openings.ts";
import { testContract } from "./index.ts";

const accountId = fixedBytes(32);

const Auction = defineContract("auction", {
  docs: "One item; only the winner's bid is ever shown.",
  state: {
    bids: secretMap(accountId, u64, "Best bid of each bidder."),
    banned: secretSet(accountId, "Accounts that may not bid."),
    note: secretValue(boundedStr(64), "", "The owner's note."),
    highest: publicValue(u64, 0n, "Shown once, by `close`."),
    startedAt: publicValue(u32, 0, "Block of the start."),
  },
  disclosures: { closed: "The highest bid, after the owner closed." },
}).implement(({ command, query, init }) => ({
  init: init(({ state, block }) => state.startedAt.put(block.number)),
  bid: command({ docs: "Bids.", args: { amount: u64 } }, ({ state, caller }, { amount }) => {
    ensure(!state.banned.has(caller), "auction/banned");
    state.bids.put(caller, amount);
    ensure(amount > 0n, "auction/nothing");
  }),
  ban: command(
    { docs: "Bans.", args: { account: accountId, note: boundedStr(64) } },
    (ctx, args) => {
      ensure(ctx.callerIsOwner, "auction/not-the-owner");
      ctx.state.banned.add(args.account);
      ctx.state.note.put(args.note);
    },
  ),
  close: command({ docs: "Shows the highest bid.", args: {}, returns: u64 }, (ctx) => {
    const best = ctx.state.bids.fold(0n, (most, _bidder, bid) => (bid > most ? bid : most));
    ctx.state.highest.put(ctx.disclose(best, "closed"));
    return best;
  }),
  draw: command({ docs: "Random bytes.", args: {}, returns: fixedBytes(32) }, ({ random }) =>
    random(),
  ),
  mine: query({ docs: "The caller's bid.", args: {}, returns: u64 }, ({ state, caller }) =>
    state.bids.get(caller).map((bid) => bid ?? 0n),
  ),
  key: query({ docs: "Its key.", args: {}, returns: fixedBytes(32) }, (ctx) => ctx.boxKey("notes")),
  opened: query(
    {
      docs: "What a box holds.",
      args: { box: boundedBytes(99) },
      returns: option(boundedBytes(99)),
    },
    (ctx, { box }) => ctx.openBox("notes", box),
  ),
  spread: query(
    { docs: "Count and sum.", args: {}, returns: struct({ count: u32, sum: u64 }) },
    ({ state }) =>
      combine([state.bids.entries()], (bids) => ({
        count: bids.length,
        sum: bids.reduce((all, [, bid]) => all + bid, 0n),
      })),
  ),
  since: query(
    { docs: "Blocks since the start.", args: {}, returns: u32 },
    ({ state, block }) => block.number - state.startedAt.get(),
  ),
}));

test("callers, owner, blocks and initialisation are those of the test", () => {
  const auction = testContract(Auction, { blockNumber: 10 });
  auction.nextBlock(3);
  expect(auction.as("alice").query.since({})).toBe(3);
  auction.as("alice").command.bid({ amount: 70_000n });
  auction.as("bob").command.bid({ amount: 90_000n });
  expect(auction.as("alice").query.mine({})).toBe(70_000n);
  expect(auction.as("carol").query.mine({})).toBe(0n);
  expect(auction.as("carol").query.spread({})).toEqual({ count: 2, sum: 160_000n });
  expect(auction.as("alice").account).toEqual(auction.as("alice").account);
});

test("a failed call leaves no writes and gives its code", () => {
  const auction = testContract(Auction);
  const alice = auction.as("alice");
  alice.command.bid({ amount: 5n });
  expect(auction.failureOf(() => alice.command.bid({ amount: 0n }))).toBe("auction/nothing");
  expect(alice.query.mine({})).toBe(5n);
  const ban = { account: alice.account, note: "spam" };
  expect(auction.failureOf(() => alice.command.ban(ban))).toBe("auction/not-the-owner");
  auction.as("owner").command.ban(ban);
  expect(auction.failureOf(() => alice.command.bid({ amount: 9n }))).toBe("auction/banned");
  expect(() => auction.failureOf(() => alice.query.mine({}))).toThrow("the call fails");
});

test("maps of more entries than a page are read whole and in order", () => {
  const auction = testContract(Auction);
  for (let i = 0; i < 50; i++) auction.as(`bidder-${i}`).command.bid({ amount: BigInt(i + 1) });
  expect(auction.as("owner").query.spread({})).toEqual({ count: 50, sum: 1275n });
});

test("what is stored, said or disclosed is found, what is not is hidden", () => {
  const auction = testContract(Auction);
  auction
    .as("owner")
    .command.ban({ account: auction.as("eve").account, note: "wrote to 10.1.2.3" });
  auction.as("alice").command.bid({ amount: 123_456_789_000n });
  expect(() => auction.expectHidden("10.1.2.3")).toThrow("as text in a stored value");
  expect(() => auction.expectHidden(123_456_789_000n)).toThrow("as number in a stored value");
  expect(() => auction.expectHidden(auction.as("eve").account)).toThrow("in a storage key");
  auction.expectHidden("10.9.9.9");
  auction.expectHiddenFrom("bob", 123_456_789_000n);
  auction.as("alice").query.mine({});
  expect(() => auction.expectHiddenFrom("alice", 123_456_789_000n)).toThrow("a result of alice");
  expect(() => auction.expectHidden(7)).toThrow("by chance");
});

test("boxes sealed for the contract's domain are opened, others are not", () => {
  const auction = testContract(Auction);
  const { query } = auction.as("alice");
  const note = Uint8Array.of(1, 2, 3);
  expect(query.opened({ box: auction.seal("notes", note) })).toEqual(note);
  expect(query.opened({ box: auction.seal("other", note) })).toBeUndefined();
  expect(query.opened({ box: note })).toBeUndefined();
  expect(query.key({})).toHaveLength(32);
});

test("disclosures are counted, by declared reason only", () => {
  const auction = testContract(Auction);
  auction.expectDisclosures([]);
  expect(auction.as("owner").command.close({})).toBe(0n);
  auction.expectDisclosures(["closed"]);
  expect(() => auction.expectDisclosures([])).toThrow("disclosures are [closed]");
});

const Ledger = defineContract("ledger", {
  docs: "Opens what it is told to.",
  state: {
    sums: secretMap(u32, boundedStr(64_000), "By number."),
    marks: secretSet(u32, "Marked numbers."),
    note: secretValue(boundedStr(64), "", "A note."),
    since: publicValue(u32, 0, "Block of the start."),
  },
  disclosures: { shown: "Whatever the caller asks for, to the caller." },
}).implement(({ command, query, init }) => ({
  init: init(({ state, block }) => state.since.put(block.number)),
  fill: command({ docs: "Fills.", args: { from: u32, count: u32, bytes: u32 } }, (ctx, args) => {
    for (let i = 0; i < args.count; i++) ctx.state.sums.put(args.from + i, "x".repeat(args.bytes));
    ctx.state.marks.add(1);
  }),
  opens: query(
    { docs: "Opens sums.", args: { from: u32, count: u32 }, returns: u32 },
    (ctx, { from, count }) => {
      for (let i = 0; i < count; i++) ctx.open(ctx.state.sums.entry(from + i), "shown");
      return count;
    },
  ),
  others: query({ docs: "Opens one of each other kind.", args: {}, returns: u32 }, (ctx) => {
    ctx.open(ctx.state.marks.entry(1), "shown");
    ctx.open(ctx.state.since.entry(), "shown");
    ctx.open(ctx.state.since.entry(), "shown");
    return 2;
  }),
  unwritten: query({ docs: "Opens nothing.", args: {}, returns: u32 }, (ctx) => {
    ctx.open(ctx.state.note.entry(), "shown");
    return 1;
  }),
  undeclared: query({ docs: "Opens for no reason.", args: {}, returns: u32 }, (ctx) => {
    // @ts-expect-error a reason is declared
    ctx.open(ctx.state.since.entry(), "because");
    return 1;
  }),
  // A command has no `open` by its types; a host refuses it all the same.
  cheat: command({ docs: "Opens in a command.", args: {} }, (ctx) => {
    const { open } = ctx as unknown as { open(entry: StateEntry, reason: string): void };
    open(ctx.state.since.entry(), "shown");
  }),
}));

describe("opened entries", () => {
  test("are given to the caller of the query, each once, in order", () => {
    const ledger = testContract(Ledger, { blockNumber: 7 });
    ledger.as("alice").command.fill({ from: 5, count: 2, bytes: 3 });
    expect(ledger.as("alice").query.opens({ from: 5, count: 2 })).toBe(2);
    ledger.as("alice").query.others({});
    const opened = ledger.openedBy("alice");
    expect(opened.map(({ key }) => [...key])).toEqual([
      [0, 5, 0, 0, 0],
      [0, 6, 0, 0, 0],
      [1, 1, 0, 0, 0],
      [3],
    ]);
    expect(opened[0]?.value).toEqual(Uint8Array.of(12, 120, 120, 120));
    expect(opened[3]?.value).toEqual(Uint8Array.of(7, 0, 0, 0));
    expect(ledger.openedBy("bob")).toEqual([]);
    ledger.expectDisclosures(["shown", "shown", "shown", "shown"]);
  });

  test("must be there, be opened by a query, for a declared reason", () => {
    const ledger = testContract(Ledger);
    const { query, command } = ledger.as("alice");
    expect(ledger.failureOf(() => query.opens({ from: 0, count: 1 }))).toBe(
      "contract/nothing-to-open",
    );
    expect(ledger.failureOf(() => query.unwritten({}))).toBe("contract/nothing-to-open");
    expect(ledger.failureOf(() => query.undeclared({}))).toBe("contract/undeclared-disclosure");
    expect(ledger.failureOf(() => command.cheat({}))).toBe("contract/command-opens");
    ledger.expectDisclosures([]);
    expect(ledger.openedBy("alice")).toEqual([]);
  });

  test("are bounded in number and in bytes", () => {
    const ledger = testContract(Ledger);
    const { query, command } = ledger.as("alice");
    command.fill({ from: 0, count: MAX_OPENED_FIELDS + 1, bytes: 1 });
    expect(query.opens({ from: 0, count: MAX_OPENED_FIELDS })).toBe(MAX_OPENED_FIELDS);
    const many = { from: 0, count: MAX_OPENED_FIELDS + 1 };
    expect(ledger.failureOf(() => query.opens(many))).toBe("contract/too-many-openings");
    // Two bytes of length and five of the key.
    const half = MAX_OPENED_BYTES / 2 - 9;
    command.fill({ from: 100, count: 2, bytes: half });
    expect(query.opens({ from: 100, count: 2 })).toBe(2);
    command.fill({ from: 100, count: 1, bytes: half + 1 });
    expect(ledger.failureOf(() => query.opens({ from: 100, count: 2 }))).toBe(
      "contract/too-many-openings",
    );
  });
});

test("random bytes differ from draw to draw", () => {
  const { command } = testContract(Auction).as("alice");
  expect(command.draw({})).not.toEqual(command.draw({}));
});

test("a secret has no text, no JSON and no primitive form", () => {
  let kept: Secret<bigint | undefined> | undefined;
  const Leaky = defineContract("leaky", {
    docs: "Shows secrets by mistake.",
    state: { bids: secretMap(accountId, u64, "Bids.") },
  }).implement(({ command }) => ({
    text: command({ docs: "As text.", args: {} }, ({ state, caller }) => {
      kept = state.bids.get(caller);
      ensure(false, `leaky/${kept}`);
    }),
    json: command({ docs: "As JSON.", args: {} }, ({ state, caller }) => {
      ensure(false, JSON.stringify({ bid: state.bids.get(caller) }));
    }),
    sum: command({ docs: "As number.", args: {} }, ({ state, caller }) => {
      ensure(Number(state.bids.get(caller)) > 5, "leaky/low");
    }),
  }));
  const leaky = testContract(Leaky);
  const { command } = leaky.as("alice");
  for (const call of [command.text, command.json, command.sum])
    expect(leaky.failureOf(() => call({}))).toBe("contract/secret-shown");
});

test("types follow from the declaration", () => {
  expectTypeOf<ArgsOf<typeof Auction, "bid">>().toEqualTypeOf<{ readonly amount: bigint }>();
  expectTypeOf<ResultOf<typeof Auction, "spread">>().toEqualTypeOf<{
    readonly count: number;
    readonly sum: bigint;
  }>();
  const auction = testContract(Auction);
  expectTypeOf(auction.as("x").query.mine).returns.toEqualTypeOf<bigint>();
  // @ts-expect-error a query is no command
  expect(auction.as("x").command.mine).toBeUndefined();
  defineContract("typed", {
    docs: "",
    state: { n: secretValue(u32, 0, "") },
    disclosures: { shown: "" },
  }).implement(({ command, query }) => ({
    read: query({ docs: "", args: {}, returns: u32 }, (context) => {
      expectTypeOf(context.state.n).not.toHaveProperty("update");
      expectTypeOf(context).not.toHaveProperty("disclose");
      expectTypeOf(context).not.toHaveProperty("random");
      return context.state.n.get();
    }),
    write: command({ docs: "", args: {} }, (context) => {
      expectTypeOf(context.state.n).toHaveProperty("update");
      expectTypeOf(context.disclose).parameter(1).toEqualTypeOf<"shown">();
    }),
    // @ts-expect-error a result is of the declared type
    wrong: query({ docs: "", args: {}, returns: u32 }, () => "text"),
  }));
});
