import { SyncWarp } from "@pha/protocol";
import { decode, encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { counterOf, liveNetwork, phaseOf } from "../testing/live-network.ts";
import { createScriptedChain, type ScriptedChain, voterSeed } from "../testing/scripted-chain.ts";
import { OPERATOR } from "../testing/scripted-host.ts";
import { type Output, startPRuntime } from "./index.ts";

const NAMES = ["old", "middle", "young"];

/** Forty blocks; the voters change in blocks 10, 20 and 30. */
function aChain(): ScriptedChain {
  const chain = createScriptedChain({});
  for (let number = 1; number <= 40; number++) {
    const name = number % 10 === 0 ? NAMES[number / 10 - 1] : undefined;
    chain.addBlock(name ? { nextVoters: [voterSeed(name)] } : {});
  }
  return chain;
}

const chain = aChain();
const whole = chain.warp(0);

function aPRuntime(role: "Worker" | "Gatekeeper" = "Worker") {
  const started = startPRuntime({
    type: "start",
    role: { type: role, value: undefined },
    operator: OPERATOR,
    genesisHeader: chain.genesisHeader,
    genesisProof: chain.genesisProof,
    sealed: undefined,
    entropy: new Uint8Array(32).fill(7),
    version: 0,
  });
  if (!started.ok) throw new Error(started.error.code);
  const { runtime } = started.value;
  return {
    step: runtime.step,
    warp: (warp: SyncWarp) => result(runtime.step({ type: "warp", warp })),
  };
}

/** Height that it is at afterwards, or why the warp was refused. */
function result(outputs: readonly Output[]): number | string | undefined {
  for (const output of outputs) {
    if (output.type === "synced") return output.status.head.number;
    if (output.type === "batch-refused") return output.code;
  }
  return undefined;
}

describe("a worker whose boot nobody can know yet", () => {
  test("goes to the head from set change to set change, and on from there block by block", () => {
    const pruntime = aPRuntime();
    expect(whole.headers).toHaveLength(4);
    expect(pruntime.warp(whole)).toBe(40);
    const longer = chain.fork(40);
    longer.addBlock();
    const batch = longer.batch(41)!;
    expect(result(pruntime.step({ type: "batch", batch }))).toBe(41);
    const [asked] = pruntime.step({ type: "register" });
    expect(asked?.type).toBe("evidence-request");
    const outputs = pruntime.step({ type: "evidence", evidence: Uint8Array.of(1) });
    const registration = outputs.find((output) => output.type === "registration")?.registration;
    expect(registration?.at).toEqual(longer.ref(41));
  });

  test("goes in several warps, each to a change or to any final block", () => {
    const pruntime = aPRuntime();
    expect(pruntime.warp(chain.warp(0, 20))).toBe(20);
    expect(pruntime.warp(chain.warp(20, 25))).toBe(25);
    expect(pruntime.warp(chain.warp(25))).toBe(40);
  });

  test("keeps where it is: started again it goes on there", () => {
    const pruntime = aPRuntime();
    const long = createScriptedChain({});
    for (let i = 0; i < 64; i++) long.addBlock();
    const outputs = pruntime.step({ type: "warp", warp: long.warp(0) });
    const sealed = outputs.find((output) => output.type === "seal")?.content;
    const again = startPRuntime({
      type: "start",
      role: { type: "Worker", value: undefined },
      operator: OPERATOR,
      genesisHeader: long.genesisHeader,
      genesisProof: long.genesisProof,
      sealed,
      entropy: new Uint8Array(32).fill(8),
      version: 0,
    });
    if (!again.ok) throw new Error(again.error.code);
    const ready = again.value.outputs.find((output) => output.type === "ready");
    expect(ready?.head).toEqual(long.ref(64));
  });
});

describe("a warp is refused, and the head stays,", () => {
  const pruntime = aPRuntime();
  expect(pruntime.warp(chain.warp(0, 20))).toBe(20);
  const rest = chain.warp(20);
  const refused = (change: Partial<SyncWarp>) => {
    const code = pruntime.warp({ ...rest, ...change });
    // It stayed in block 20.
    expect(result(pruntime.step({ type: "batch", batch: chain.batch(22)! }))).toBe("light/gap");
    return code;
  };

  test("of another chain, or signed by others than the set that votes", () => {
    const other = createScriptedChain({ voters: [voterSeed("stranger")] });
    for (let i = 0; i < 30; i++) other.addBlock();
    expect(refused(other.warp(20))).toBe("justification/unknown-authority");
    const by = (name: string, setId: bigint) =>
      rest.justifications.with(0, chain.justification(30, { voters: [voterSeed(name)], setId }));
    expect(refused({ justifications: by("old", 1n) })).toBe("justification/unknown-authority");
    expect(refused({ justifications: by("middle", 1n) })).toBe("justification/bad-signature");
    const nobody = rest.justifications.with(0, chain.justification(30, { voters: [] }));
    expect(refused({ justifications: nobody })).toBe("justification/too-few-votes");
    const swapped = rest.justifications.toReversed();
    expect(refused({ justifications: swapped })).toBe("justification/wrong-target");
  });

  test("back to where it was, or in any order but up", () => {
    expect(refused(chain.warp(0, 20))).toBe("warp/not-ascending");
    expect(refused(chain.warp(0, 15))).toBe("warp/not-ascending");
    expect(refused(whole)).toBe("warp/not-ascending");
  });

  test("over a change of the set, or over a block that is none", () => {
    const last = chain.warp(30);
    expect(refused(last)).toBe("justification/unknown-authority");
    const through25 = {
      headers: [chain.encodedHeader(25), ...rest.headers],
      justifications: [chain.justification(25), ...rest.justifications],
    };
    expect(refused(through25)).toBe("warp/no-set-change");
  });

  test("with parts that are missing, malformed or too many, or without the head's own proof", () => {
    expect(refused({ headers: [], justifications: [] })).toBe("warp/empty");
    expect(refused({ justifications: rest.justifications.slice(1) })).toBe(
      "warp/justification-count",
    );
    expect(refused({ headers: [Uint8Array.of(1), Uint8Array.of(2)] })).toBe("light/bad-header");
    const cut = rest.justifications.map((one) => one.subarray(1));
    expect(refused({ justifications: cut })).toBe("light/bad-justification");
    expect(refused({ proof: [] })).toBe("batch/bad-proof");
    expect(refused({ proof: chain.warp(20, 39).proof })).toBe("batch/bad-proof");
    const many = { ...rest, headers: Array<Uint8Array>(4_097).fill(Uint8Array.of(1)) };
    expect(refused(many)).toBe("warp/too-long");
    const encoded = encode(SyncWarp, { ...rest, headers: many.headers.slice(1) });
    expect(decode(SyncWarp, encoded).ok).toBe(true);
    expect(decode(SyncWarp, encoded.subarray(1)).ok).toBe(false);
  });

  test("once evidence for the boot was asked for: messages may name it", () => {
    const registering = aPRuntime();
    registering.step({ type: "register" });
    expect(registering.warp(whole)).toBe("batch/warp-after-registration");
    registering.step({ type: "evidence", evidence: Uint8Array.of(1) });
    expect(registering.warp(whole)).toBe("batch/warp-after-registration");
    expect(result(registering.step({ type: "batch", batch: chain.batch(1)! }))).toBe(10);
    expect(registering.warp(chain.warp(10))).toBe("batch/warp-after-registration");
  });

  test("to a gatekeeper: it hears of every run", () => {
    expect(aPRuntime("Gatekeeper").warp(whole)).toBe("batch/warp-for-gatekeeper");
  });
});

test("a worker that reboots and warps serves what those do that read every block", () => {
  const { network, client, pallets, workers } = liveNetwork({ workers: 1 });
  const worker = workers[0]!;
  client.send({ argument: 3 });
  network.blocks(4);
  worker.stop();
  client.send({ argument: 4 });
  network.blocks(6);
  worker.syncing = false;
  worker.start(worker.sealed);
  const outputs = worker.feed({ type: "warp", warp: network.chain.warp(0) });
  expect(result(outputs)).toBe(network.chain.head.number);
  worker.syncing = true;
  network.until(() => phaseOf(worker) === "serving");
  client.send({ argument: 5 });
  network.blocks(5);
  expect(counterOf(client, worker)).toBe(12n);
  expect(pallets.dissents).toEqual([]);
});
