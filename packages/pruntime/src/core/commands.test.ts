import { Command, sealCommand, TOPIC } from "@pha/protocol";
import { concatBytes, encode, toHex, u64 } from "@pha/scale";
import { expect, test } from "vitest";
import { COUNTER, countOf } from "../testing/fake-engine.ts";
import { counterOf, type LiveNetwork, liveNetwork } from "../testing/live-network.ts";
import { ALICE } from "../testing/scripted-client.ts";

const BOB = new Uint8Array(32).fill(0xb0);

/** Puts a command into the queue as if the chain had taken it. */
function force(
  { chain }: LiveNetwork,
  command: Command,
  sender: Uint8Array = command.origin,
): void {
  chain.push({
    sender: { type: "AccountId", value: sender },
    destination: TOPIC.command,
    payload: encode(Command, command),
  });
}

/** Seals for `context` what is then sent as `command`: opening must fail when they differ. */
function sealedFor(live: LiveNetwork, genesisHash = live.chain.genesisHash) {
  return (clear: Omit<Command, "sealed">): Command => {
    const contract = live.pallets.contracts[0]!;
    const sealed = sealCommand({
      genesisHash,
      clear,
      body: { selector: COUNTER.add, args: countOf(1), replyKey: new Uint8Array(32).fill(9) },
      sealingKey: live.pallets.sealingKeys(contract).at(-1)!.key,
      ephemeralSecret: live.seed(`ephemeral ${clear.expiry}`),
    });
    if (!sealed.ok) throw new Error(sealed.error.code);
    return { ...clear, sealed: sealed.value };
  };
}

type Wrong = (live: LiveNetwork) => void;
const clearOf = (live: LiveNetwork): Omit<Command, "sealed"> => live.client.makeCommand().command;

const wrongCommands: Record<string, Wrong> = {
  "sealed to another key": (live) =>
    force(live, live.client.makeCommand({ sealingKey: new Uint8Array(32).fill(9) }).command),
  "sealed to the key of another contract": (live) => {
    const sealingKey = live.pallets.sealingKeys(live.pallets.contracts[1]!).at(-1)!.key;
    force(live, live.client.makeCommand({ sealingKey }).command);
  },
  "moved to another contract": (live) =>
    force(live, { ...live.client.makeCommand().command, contract: live.pallets.contracts[1]! }),
  "to a contract of another cluster": (live) =>
    force(live, { ...live.client.makeCommand().command, contract: new Uint8Array(32).fill(3) }),
  "of an epoch that is over": (live) => {
    const sealed = sealedFor(live)({ ...clearOf(live), epoch: 0n });
    force(live, sealed);
  },
  "relabelled to the current epoch": (live) => {
    const sealed = sealedFor(live)({ ...clearOf(live), epoch: 0n });
    force(live, { ...sealed, epoch: 1n });
  },
  "of another generation": (live) =>
    force(live, sealedFor(live)({ ...clearOf(live), generation: 2n })),
  "sealed for another chain": (live) =>
    force(live, sealedFor(live, new Uint8Array(32).fill(8))(clearOf(live))),
  "copied under another origin": (live) =>
    force(live, { ...live.client.makeCommand().command, origin: BOB }),
  "that names another origin than its sender": (live) =>
    force(live, live.client.makeCommand({ origin: BOB }).command, ALICE),
  "with another command id": (live) =>
    force(live, { ...live.client.makeCommand().command, commandId: live.seed("other id") }),
  "with a raised fuel limit": (live) =>
    force(live, { ...live.client.makeCommand().command, fuelLimit: 2_000_000n }),
  "with a prolonged expiry": (live) => {
    const { command } = live.client.makeCommand();
    force(live, { ...command, expiry: command.expiry + 1 });
  },
  "with a value added": (live) => force(live, { ...live.client.makeCommand().command, value: 1n }),
  "with a code hash added": (live) =>
    force(live, { ...live.client.makeCommand().command, codeHash: live.seed("code") }),
  "that has expired": (live) =>
    force(live, live.client.makeCommand({ expiry: live.chain.head.number }).command),
  "cut to nothing": (live) =>
    force(live, { ...live.client.makeCommand().command, sealed: new Uint8Array() }),
  "cut by a byte": (live) => {
    const { command } = live.client.makeCommand();
    force(live, { ...command, sealed: command.sealed.slice(0, -1) });
  },
  "with one bit flipped": (live) => {
    const { command } = live.client.makeCommand();
    const sealed = command.sealed.slice();
    sealed[60]! ^= 4;
    force(live, { ...command, sealed });
  },
  "of an unknown suite": (live) => {
    const { command } = live.client.makeCommand();
    force(live, { ...command, sealed: concatBytes(Uint8Array.of(2), command.sealed.slice(1)) });
  },
  "with a low-order key": (live) => {
    const { command } = live.client.makeCommand();
    const sealed = concatBytes(Uint8Array.of(1), new Uint8Array(32), command.sealed.slice(33));
    force(live, { ...command, sealed });
  },
  "that does not decode": ({ chain }) =>
    chain.push({
      sender: { type: "AccountId", value: ALICE },
      destination: TOPIC.command,
      payload: new Uint8Array(7),
    }),
  "sent by a worker": ({ chain, client, workers }) => {
    const { identity } = workers[0]!;
    chain.push({
      sender: { type: "Worker", value: identity },
      destination: TOPIC.command,
      payload: encode(Command, client.makeCommand({ origin: identity }).command),
    });
  },
  "sent by a pallet": ({ chain, client }) =>
    chain.push({
      sender: { type: "Pallet", value: new Uint8Array(3) },
      destination: TOPIC.command,
      payload: encode(Command, client.makeCommand().command),
    }),
};

test("a command sealed, bound, sent or encoded wrongly is not executed, and nothing else stops", () => {
  const live = liveNetwork();
  const { client, network, pallets, workers } = live;
  let expected = 0n;
  for (const [name, wrong] of Object.entries(wrongCommands)) {
    wrong(live);
    const good = client.send({ argument: 3 });
    wrong(live);
    network.until(() => client.reply(good) !== "waiting");
    expected += 3n;
    expect([name, client.reply(good)]).toEqual([
      name,
      { outcome: { type: "Ok", value: encode(u64, expected) }, fuelUsed: 1002n },
    ]);
  }
  network.blocks(3);
  const commands = Object.keys(wrongCommands).length;
  for (const worker of workers) {
    expect(counterOf(client, worker)).toBe(expected);
    expect(worker.engine.calls.filter(({ kind }) => kind === "command").length).toBe(commands);
  }
  // A command that does not open is seen to be so, and no more than that.
  const unopened = pallets.steps.flatMap(({ replies }) => replies).filter(({ sealed }) => !sealed);
  expect(unopened.length).toBeGreaterThan(30);
  expect(pallets.dissents).toEqual([]);
});

test("the chain refuses a repeated command, and a copy under a new id does not open", () => {
  const live = liveNetwork();
  const { client, network, pallets } = live;
  const sent = client.send({ argument: 2 });
  expect(pallets.command(sent.command)).toBe("RepeatedCommand");
  network.blocks(4);
  expect(pallets.command(sent.command)).toBe("RepeatedCommand");
  expect(pallets.command({ ...sent.command, commandId: live.seed("again") })).toBeUndefined();
  network.blocks(4);
  expect(counterOf(client, live.workers[0]!)).toBe(2n);
});

test("a command that names other code gets a reply that says so and changes nothing", () => {
  const { client, network, workers } = liveNetwork();
  const sent = client.send({ codeHash: new Uint8Array(32).fill(4) });
  network.until(() => client.reply(sent) !== "waiting");
  expect(client.reply(sent)).toEqual({
    outcome: { type: "Failed", value: "command/other-code" },
    fuelUsed: 0n,
  });
  network.blocks(2);
  expect(counterOf(client, workers[0]!)).toBe(0n);
});

test("failures and traps are in the sealed reply only, and write nothing", () => {
  const { client, network, pallets, workers } = liveNetwork();
  const failed = client.send({ selector: COUNTER.fail });
  const trapped = client.send({ selector: COUNTER.burn });
  const unopened = client.send({ sealingKey: new Uint8Array(32).fill(9) });
  network.until(() => client.reply(trapped) !== "waiting");
  expect(client.reply(failed)).toEqual({
    outcome: { type: "Failed", value: "counter/no" },
    fuelUsed: 500n,
  });
  expect(client.reply(trapped)).toEqual({
    outcome: { type: "Trapped", value: "fuel" },
    fuelUsed: 1_000_000n,
  });
  expect(client.reply(unopened)).toBe("none");
  const sizes = pallets.steps
    .at(-1)!
    .replies.map(({ sealed }) => (sealed?.type === "OnChain" ? sealed.value.length : undefined));
  expect(sizes).toEqual([32 + 256 + 16, 32 + 256 + 16, undefined]);
  network.blocks(2);
  expect(counterOf(client, workers[0]!)).toBe(0n);
});

test("each command has randomness of its own, equal on all replicas and unknown to the chain", () => {
  const { client, network, workers, chain } = liveNetwork();
  const sent = [0, 1, 2].map(() => client.send({ selector: COUNTER.random }));
  network.until(() => sent.every((one) => client.reply(one) !== "waiting"));
  const seeds = workers.map((worker) =>
    worker.engine.calls.filter(({ kind }) => kind === "command").map(({ seed }) => toHex(seed)),
  );
  expect(new Set(seeds[0]).size).toBe(3);
  expect(seeds[1]).toEqual(seeds[0]);
  expect(seeds[2]).toEqual(seeds[0]);
  expect(seeds[0]).not.toContain(toHex(chain.head.hash));
});

test("a worker's own reply is signed by its boot, for the block that included the command", () => {
  const { client, network, workers, chain } = liveNetwork({ fuelPerBlock: 1_500_000n });
  const sent = [client.send(), client.send(), client.send()];
  const { number } = network.chain.head;
  network.blocks(6);
  const replies = workers[0]!.replies;
  expect(replies.map(({ commandId }) => toHex(commandId))).toEqual(
    sent.map(({ command }) => toHex(command.commandId)),
  );
  for (const { block } of replies) expect(block).toEqual(chain.ref(number + 1));
});
