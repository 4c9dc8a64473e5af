import { PhaError } from "@pha/scale";
import { expect, test, vi } from "vitest";
import { readVault } from "../../chain/vault.ts";
import type { CompilerWorker } from "../../playground/compiler-worker.ts";
import type { Ask, Built } from "../../playground/protocol.ts";
import { addressOf, commandLines, stepsOf } from "./deploy-model.ts";
import { createPlayground, type PlaygroundTools } from "./playground.ts";

const built = { artefact: { name: "counter" }, bytes: new Uint8Array(3), codeHash: "0x01" };
const PROBLEM = {
  code: "build/type-error",
  file: "contract.ts",
  line: 2,
  column: 3,
  message: "no",
  text: "x",
} as const;

/** @param answers what the compiler says, by question */
function playgroundWith(
  answers: Partial<Record<Ask, unknown>>,
  tools: Partial<PlaygroundTools> = {},
) {
  const asked: Ask[] = [];
  const waiting: (() => void)[] = [];
  const compiler = {
    async ask(ask: Ask) {
      asked.push(ask);
      const answer = answers[ask];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    stop: () => undefined,
  } as CompilerWorker;
  const playground = createPlayground({
    compiler,
    first: { template: "counter", source: "first" },
    keep: () => true,
    later: (run) => waiting.push(run),
    ...tools,
  });
  return { playground, asked, waiting };
}

test("what is typed is kept at once and checked when nobody types any more", async () => {
  const kept: unknown[] = [];
  const { playground, asked, waiting } = playgroundWith(
    { check: [PROBLEM] },
    { keep: (one) => kept.push(one) > 1 },
  );
  playground.edit("second");
  expect(playground.state.get()).toMatchObject({ check: "waiting", isKept: false });
  playground.edit("third");
  expect(kept).toEqual([
    { template: "counter", source: "second" },
    { template: "counter", source: "third" },
  ]);
  expect(asked).toEqual([]);
  waiting.at(-1)?.();
  await vi.waitFor(() => expect(playground.state.get().check).toBe("wrong"), { timeout: 20_000 });
  expect(playground.state.get()).toMatchObject({ problems: [PROBLEM], isKept: true });
});

test("what was found in a source that has changed since is dropped", async () => {
  const { playground } = playgroundWith({ check: [PROBLEM] });
  const checking = playground.check();
  playground.edit("other");
  await checking;
  expect(playground.state.get()).toMatchObject({ check: "waiting", problems: [] });
});

test("what only a build finds stays when the source is checked once more", async () => {
  const thrown = { ...PROBLEM, code: "build/not-loaded" } as const;
  const { playground } = playgroundWith({ check: [], build: { ok: false, problems: [thrown] } });
  await playground.build();
  await playground.check();
  expect(playground.state.get()).toMatchObject({ check: "wrong", problems: [thrown] });
  playground.edit("other");
  await playground.check();
  expect(playground.state.get()).toMatchObject({ check: "clean", problems: [] });
});

test("a compiler that fails is shown with its code, and what was built stays", async () => {
  const gone = new PhaError("console/compiler-gone", "gone");
  const { playground } = playgroundWith({ open: built, build: gone, check: gone });
  await playground.openArtefact(new Uint8Array(1));
  await playground.check();
  await playground.build();
  expect(playground.state.get()).toMatchObject({
    built,
    builtOf: undefined,
    check: "failed",
    compilerProblem: { code: "console/compiler-gone" },
    build: "failed",
    buildProblem: { code: "console/compiler-gone" },
  });
});

test("arguments and results of a trial are in the vault alone, and go with it", async () => {
  const outcome = {
    status: "ok",
    value: "42",
    fuelUsed: 5n,
    writes: 1,
    writtenBytes: 8,
    opened: 0,
    logged: ["line 43"],
  };
  const answers = { build: { ok: true, built }, startTrial: outcome, callTrial: outcome };
  const { playground } = playgroundWith(answers);
  await playground.build();
  await playground.startTrial();
  const call = { kind: "command", method: "add", caller: "Bob", fuelLimit: 9n } as const;
  await playground.call({ ...call, args: { n: "41" } });
  const { trial, tried } = playground.state.get();
  expect(trial).toBe("ready");
  const [one] = tried;
  if (one?.result === undefined) throw new Error("the call has a result");
  const kept = [one.args, one.result, ...one.logged].map(readVault);
  expect(kept).toEqual(['{"n":"41"}', "42", "line 43"]);
  expect(JSON.stringify(tried, (_, value) => String(value))).not.toMatch(/41|42|43/);
  // Another contract: nothing of the former is left.
  answers.build.built = { ...built, codeHash: "0x02" } as Built & typeof built;
  await playground.build();
  expect(playground.state.get()).toMatchObject({ trial: "none", tried: [] });
  expect([one.args, ...one.logged].map(readVault)).toEqual([undefined, undefined]);
});

test("another sample replaces the source and forgets what was built of the former", async () => {
  const { playground } = playgroundWith({ build: { ok: true, built } });
  await playground.build();
  playground.choose("ballot");
  expect(playground.state.get()).toMatchObject({
    template: "ballot",
    source: expect.stringContaining('defineContract("ballot"'),
    built: undefined,
  });
});

const words = (key: string, values: object = {}): string => `${key} ${JSON.stringify(values)}`;

test("a deployment is told step by step, and a failure stays where it happened", async () => {
  const { playground } = playgroundWith({ build: { ok: true, built } });
  await playground.build();
  const address = new Uint8Array(32).fill(7);
  await playground.deploy("Alice", "0x00", async (artefact, onProgress) => {
    expect(artefact).toBe(built.bytes);
    onProgress({ stage: "uploading", bytes: 3 });
    onProgress({ stage: "code", codeHash: address, isNew: true });
    onProgress({ stage: "instantiated", address, blockNumber: 12 });
    onProgress({ stage: "keys", published: 1, replicas: 3 });
    throw new PhaError("contract/no-sealing-key", "none", { hint: "Look." });
  });
  const [failed] = playground.state.get().deployments;
  if (failed === undefined) throw new Error("there is a deployment");
  expect(failed).toMatchObject({
    state: "failed",
    problem: { code: "contract/no-sealing-key", hint: "Look." },
  });
  expect(addressOf(failed)).toEqual(address);
  expect(stepsOf(failed, words).map(({ state }) => state)).toEqual([
    "done",
    "done",
    "failed",
    "waiting",
  ]);
  expect(stepsOf(failed, words)[2]?.note).toContain('{"published":1,"replicas":3}');
});

test("the command lines name node and cluster where they are not the devnet's", () => {
  const of = { name: "ballot", account: "Alice", node: undefined, cluster: undefined };
  expect(commandLines(of)).toBe(
    "npx --no pha build ballot.ts\nnpx --no pha deploy ballot.pha.json --from alice",
  );
  expect(commandLines({ ...of, node: "ws://there:1", cluster: "0x02" })).toContain(
    "--cluster 0x02 --url ws://there:1",
  );
});
