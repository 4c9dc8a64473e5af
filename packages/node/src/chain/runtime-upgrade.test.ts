import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { blake2b256 } from "@pha/crypto";
import { type Call, type Runtime, verifySignature } from "@pha/frame";
import {
  developmentPreset,
  joinArtefact,
  runtimeCode,
  splitArtefact,
  TRANSITION_KEY,
  transitionHashOf,
  transitionSections,
  VERSION,
} from "@pha/runtime";
import { concatBytes, encode, equalBytes, toHex, u32, utf8 } from "@pha/scale";
import { createOverlay } from "@pha/state";
import { beforeAll, describe, expect, test } from "vitest";
import { openJournaledStore } from "../database/journaled-store.ts";
import { createMemoryStore } from "../database/memory-store.ts";
import { type NodeChain, openChain } from "../open-chain.ts";
import { developmentChain } from "../preset-chain.ts";
import { bundledRuntime } from "../testing/bundled-runtime.ts";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import { createNextRuntime } from "../testing/next-runtime.ts";
import { randomExtrinsics, seededNumbers } from "../testing/random-extrinsics.ts";
import { createSigner, type TestSigner, testPair } from "../testing/signer.ts";
import { inherentDataAt } from "./inherent-data.ts";
import { openRealm, startTransition } from "./realm/load-transition.ts";
import { realmRuntime } from "./realm/realm-runtime.ts";
import { runtimeSwitch } from "./runtime-switch.ts";
import { versionAt } from "./runtime-version.ts";
import { callView } from "./view-call.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");
const CODE_KEY = utf8(":code");
const { runtime } = developmentPreset();
const nextRuntime = createNextRuntime({});
/** The next runtime has the calls of this one at the same places. */
const asThis = nextRuntime as unknown as typeof runtime;
const target = testPair("//Sink").publicKey;

let transition: Uint8Array;
let nextTransition: Uint8Array;
let development: NodeChain;

beforeAll(async () => {
  transition = await bundledRuntime();
  nextTransition = await bundledRuntime(
    join(import.meta.dirname, "..", "testing", "next-runtime.ts"),
  );
  development = developmentChain({ transition });
});

function artefactOf(made: Pick<Runtime, never> & typeof runtime, script: Uint8Array): Uint8Array {
  return joinArtefact(runtimeCode(made, transitionSections(script)), script);
}

const setCode = (signer: TestSigner, code: Uint8Array, nonce: number): Uint8Array =>
  signer.sign(runtime.tx.Sudo.sudo({ call: runtime.tx.System.set_code({ code }) }), nonce);

const stateOf = (node: DevChain) => node.chain.stateOf(node.chain.best.header);
const specVersionOf = (node: DevChain) =>
  versionAt(node.development.runtime, stateOf(node)).specVersion;

const contextAt = (number: number) => ({
  nowSlot: BigInt(FIRST_SLOT + number + 10),
  inherentData: inherentDataAt((FIRST_SLOT + number) * SLOT_MS),
});

/** Authors until the extrinsic is in the newest block: on a busy machine a block may be closed before it. */
async function include(node: DevChain, extrinsic: Uint8Array): Promise<void> {
  node.pool.submit(extrinsic);
  const isIn = () =>
    node.chain.body(node.chain.best.hash)?.some((one) => equalBytes(one, extrinsic));
  for (let tries = 0; tries < 20 && !isIn(); tries++) await node.author();
  expect(isIn()).toBe(true);
}

/** Errors of the newest block's extrinsics, by name. */
function failures(node: DevChain): readonly string[] {
  const key = runtime.tables.byName.get("System")!.prefixes.get("Events")!;
  const events = runtime.decodeEvents(stateOf(node).get(key)!);
  if (!events.ok) throw new Error("events decode");
  return events.value.flatMap(({ event }) => {
    if (event.name !== "Sudid") return [];
    const { sudoResult } = event.fields as {
      sudoResult: { ok: boolean; error?: { value: { error: Uint8Array } } };
    };
    if (sudoResult.ok) return ["none"];
    const index = sudoResult.error!.value.error[0];
    const { errors } = runtime.tables.byName.get("System")!.pallet;
    return Object.entries(errors)
      .filter(([, one]) => one.index === index)
      .map(([name]) => name);
  });
}

describe("system.set_code", () => {
  let node: DevChain;
  let alice: TestSigner;
  let next: TestSigner;
  const greet: Call = { pallet: "Greetings", name: "greet", args: { words: utf8("hello") } };
  const store = openJournaledStore({ backing: createMemoryStore(), onFailure: () => {} });

  test("switches to a runtime with a new pallet from the next block on", async () => {
    node = aDevChain({ development, store });
    alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
    next = createSigner(asThis, node.chain.genesisHash, "//Alice");
    await include(node, alice.transfer(target, 10n ** 12n, 0));
    expect(specVersionOf(node)).toBe(VERSION.specVersion);
    await include(node, setCode(alice, artefactOf(asThis, nextTransition), 1));
    expect(failures(node)).toEqual(["none"]);
    const { header } = node.chain.best;
    expect(header.digest.filter(({ type }) => type === "RuntimeEnvironmentUpdated")).toHaveLength(
      1,
    );
    expect(specVersionOf(node)).toBe(VERSION.specVersion + 1);
    expect(transitionHashOf(stateOf(node).get(CODE_KEY)!)).toBeDefined();
    expect(equalBytes(stateOf(node).get(TRANSITION_KEY)!, nextTransition)).toBe(true);

    await include(node, next.sign(greet, 2));
    const entry = nextRuntime.tables.byName.get("Greetings")!;
    const said = stateOf(node).keys(entry.prefixes.get("Said")!);
    expect(said.map((key) => stateOf(node).get(key))).toEqual([
      Uint8Array.of(20, ...utf8("hello")),
    ]);
    // Blocks without the old version's signatures, and the old runtime's transactions are no longer valid.
    expect(() => node.pool.submit(alice.transfer(target, 1n, 3))).toThrow();
    await include(node, next.transfer(target, 10n ** 12n, 3));
  });

  test("changes metadata with it", () => {
    const { runtime: any } = node.development;
    const answer = any.runtimeApi(
      createOverlay(stateOf(node)),
      "Metadata_metadata",
      new Uint8Array(0),
    );
    expect(answer.ok && Buffer.from(answer.value).includes("Greetings")).toBe(true);
    const before = node.chain.header(node.chain.hashAt(1)!)!;
    const old = any.runtimeApi(
      createOverlay(node.chain.stateOf(before)),
      "Metadata_metadata",
      new Uint8Array(0),
    );
    expect(old.ok && Buffer.from(old.value).includes("Greetings")).toBe(false);
  });

  test("is replayed by a node that imports from genesis, with another program's runtime as its own too", () => {
    const services = { verify: verifySignature, startTransition };
    const load = (script: Uint8Array) => realmRuntime(openRealm(script, services));
    const upgraded = {
      ...development,
      // A program that came with the next version: it runs the old blocks in a realm.
      runtime: runtimeSwitch({
        native: {
          hash: transitionHashOf(stateOf(node).get(CODE_KEY)!)!,
          runtime: createNextRuntime({ startTransition }),
        },
        load,
      }),
    };
    for (const follows of [development, upgraded]) {
      const follower = aDevChain({ follows: true, development: follows });
      for (const { header, body } of node.blocks()) {
        const imported = follower.chain.importBlock(header, body, contextAt(header.number));
        expect(imported.ok ? "imported" : imported.error).toBe("imported");
      }
      expect(toHex(follower.chain.best.hash)).toBe(toHex(node.chain.best.hash));
    }
  }, 120_000);

  test("goes on after a restart", async () => {
    const again = aDevChain({ development: developmentChain({ transition }), store });
    expect(again.chain.best.number).toBe(node.chain.best.number);
    expect(specVersionOf(again)).toBe(VERSION.specVersion + 1);
    await include(again, next.sign(greet, 4));
  });

  test("leaves the views as right as they were", () => {
    const state = stateOf(node);
    const { next: random, accounts } = randomExtrinsics(asThis, seededNumbers(5));
    const view = {
      number: node.chain.best.number + 1,
      genesisHash: node.chain.genesisHash,
      hashAt: (number: number) => node.chain.hashAt(number),
      nonceOf: () => 4,
    };
    const expectSame = (entry: string, args: Uint8Array): void => {
      const native = node.development.runtime.runtimeApi(createOverlay(state), entry, args);
      const seen = callView({
        code: state.get(CODE_KEY)!,
        get: (key) => state.get(key),
        entry,
        args,
      });
      expect(native.ok && seen.ok && toHex(seen.value.answer)).toBe(
        native.ok && toHex(native.value),
      );
      expect(native.ok).toBe(true);
    };
    for (const entry of [
      "Core_version",
      "Metadata_metadata",
      "BabeApi_configuration",
      "BabeApi_current_epoch",
      "BabeApi_next_epoch",
      "GrandpaApi_grandpa_authorities",
      "GrandpaApi_current_set_id",
    ])
      expectSame(entry, new Uint8Array(0));
    for (const account of accounts()) expectSame("AccountNonceApi_account_nonce", account);
    for (let count = 0; count < 20; count++) {
      const extrinsic = count === 0 ? next.sign(greet, 9) : random(view);
      expectSame("TransactionPaymentApi_query_info", concatBytes(extrinsic, encode(u32, 9)));
      expectSame(
        "TaggedTransactionQueue_validate_transaction",
        concatBytes(Uint8Array.of(2), extrinsic, node.chain.best.hash),
      );
    }
  });
});

describe("a bad artefact is refused and the chain goes on", () => {
  const script = (text: string) => utf8(text);
  const versioned = (version: Partial<typeof runtime.version>) => ({
    ...runtime,
    version: { ...runtime.version, specVersion: VERSION.specVersion + 1, ...version },
  });
  const good = () => artefactOf(asThis, nextTransition);
  const cases: readonly (readonly [string, string, () => Uint8Array])[] = [
    [
      "of another chain",
      "InvalidSpecName",
      () => artefactOf(versionedNext({ specName: "other" }), nextTransition),
    ],
    ["of the same version", "SpecVersionNeedsToIncrease", () => artefactOf(runtime, transition)],
    ["that is cut", "FailedToExtractRuntimeVersion", () => good().slice(0, -1)],
    ["that is cut in the views", "FailedToExtractRuntimeVersion", () => good().slice(0, 1_000)],
    ["that is no module", "FailedToExtractRuntimeVersion", () => script("code")],
    ["with nothing in it", "FailedToExtractRuntimeVersion", () => new Uint8Array(0)],
    [
      "without a transition",
      "TransitionMissing",
      () => runtimeCode(asThis, transitionSections(nextTransition)),
    ],
    [
      "whose views name none",
      "TransitionMissing",
      () => joinArtefact(runtimeCode(asThis), nextTransition),
    ],
    [
      "with more behind the transition",
      "TransitionMissing",
      () => concatBytes(good(), Uint8Array.of(0, 2, 1, 65)),
    ],
    [
      "with another transition",
      "TransitionMismatch",
      () => joinArtefact(runtimeCode(asThis, transitionSections(transition)), nextTransition),
    ],
    [
      "that is no script",
      "TransitionDoesNotStart",
      () => artefactOf(asThis, script("this is no script")),
    ],
    ["that throws", "TransitionDoesNotStart", () => artefactOf(asThis, script("throw 1"))],
    [
      "that exports nothing",
      "TransitionDoesNotStart",
      () => artefactOf(asThis, script("exports.x = 1")),
    ],
    ["that loops", "TransitionDoesNotStart", () => artefactOf(asThis, script("for (;;);"))],
    [
      "that loops when it is asked",
      "TransitionDoesNotStart",
      () =>
        artefactOf(asThis, script("exports.serve = () => ({ call() { for (;;); }, forget() {} })")),
    ],
    [
      "that is another version than it says",
      "TransitionDoesNotStart",
      () => artefactOf(versioned({}), transition),
    ],
    [
      "that asks for the clock",
      "TransitionDoesNotStart",
      () => artefactOf(asThis, concatBytes(script("Date.now();"), nextTransition)),
    ],
  ];
  const versionedNext = (version: Partial<typeof runtime.version>) => ({
    ...asThis,
    version: { ...asThis.version, ...version },
  });

  /** A script that never comes to an end is refused at any deadline, so that there is no need to wait for a long one. */
  const ENDLESS: ReadonlySet<string> = new Set(["that loops", "that loops when it is asked"]);
  const SHORT_MS = 50;
  let impatient: NodeChain;
  beforeAll(() => {
    impatient = openChain(development.spec, {
      transitions: [transition],
      startTransition: (script) => startTransition(script, SHORT_MS),
    });
  });

  test.each(cases)("%s: %s", async (name, error, make) => {
    const node = aDevChain({ development: ENDLESS.has(name) ? impatient : development });
    const alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
    await include(node, setCode(alice, make(), 0));
    expect(failures(node)).toEqual([error]);
    expect(
      node.chain.best.header.digest.some(({ type }) => type === "RuntimeEnvironmentUpdated"),
    ).toBe(false);
    expect(specVersionOf(node)).toBe(VERSION.specVersion);
    await include(node, alice.transfer(target, 10n ** 12n, 1));
  });

  test("by set_code_without_checks as well, but for name and version", async () => {
    const node = aDevChain({ development });
    const alice = createSigner(runtime, node.chain.genesisHash, "//Alice");
    const unchecked = (code: Uint8Array, nonce: number) =>
      alice.sign(
        runtime.tx.Sudo.sudo({ call: runtime.tx.System.set_code_without_checks({ code }) }),
        nonce,
      );
    await include(node, unchecked(script("code"), 0));
    expect(failures(node)).toEqual(["FailedToExtractRuntimeVersion"]);
    await include(node, unchecked(artefactOf(runtime, transition), 1));
    expect(failures(node)).toEqual(["none"]);
  });
});

describe("a runtime in a realm", () => {
  test("comes to the same blocks as the program's own", async () => {
    const services = { verify: verifySignature, startTransition };
    const inRealm = {
      ...development,
      runtime: runtimeSwitch({
        native: { hash: new Uint8Array(32), runtime },
        load: (script) => realmRuntime(openRealm(script, services)),
      }),
    };
    const node = aDevChain({ development });
    const realm = aDevChain({ follows: true, development: inRealm });
    const { next } = randomExtrinsics(runtime, seededNumbers(9));
    for (let block = 0; block < 12; block++) {
      const view = {
        number: node.chain.best.number + 1,
        genesisHash: node.chain.genesisHash,
        hashAt: (number: number) => node.chain.hashAt(number),
        nonceOf: (account: Uint8Array) => {
          const answer = runtime.runtimeApi(
            createOverlay(stateOf(node)),
            "AccountNonceApi_account_nonce",
            account,
          );
          return answer.ok ? (answer.value[0] ?? 0) : 0;
        },
      };
      for (const extrinsic of Array.from({ length: 8 }, () => next(view))) {
        const verdicts = [node, realm].map(({ pool }) => {
          try {
            pool.submit(extrinsic);
            return "ok";
          } catch (error) {
            return String(error);
          }
        });
        expect(verdicts[1]).toBe(verdicts[0]);
      }
      await node.author();
      const { header, hash, number } = node.chain.best;
      const imported = realm.chain.importBlock(header, node.chain.body(hash)!, contextAt(number));
      expect(imported.ok ? "imported" : imported.error).toBe("imported");
    }
    // And it makes blocks that the program's own takes.
    await realm.author();
    const { header, hash, number } = realm.chain.best;
    const back = node.chain.importBlock(header, realm.chain.body(hash)!, contextAt(number));
    expect(back.ok ? "imported" : back.error).toBe("imported");
  }, 60_000);

  test("finds nothing that differs from machine to machine", () => {
    const probe = (text: string): string => {
      const source = `exports.serve = () => ({ call() { let out; try { out = String(${text}); } catch (error) { out = error.name; } return new Uint8Array([0, ...[...out].map((c) => c.charCodeAt(0))]); }, forget() {} })`;
      const version = startTransition(utf8(source));
      return Buffer.from(version ?? utf8("does not start")).toString();
    };
    for (const name of [
      "Date",
      "Intl",
      "WeakRef",
      "FinalizationRegistry",
      "SharedArrayBuffer",
      "Atomics",
      "WebAssembly",
      "eval",
      "Function",
      "console",
      "process",
      "require",
      "setTimeout",
      "performance",
      "crypto",
      "fetch",
      "Math.random",
      "Math.sin",
      "'a'.localeCompare",
      "'a'.normalize",
      "[].toLocaleString",
      "(() => {}).constructor === Object || undefined",
    ])
      expect([name, probe(`typeof (${name})`)]).toEqual([
        name,
        name.includes("constructor") ? "boolean" : "undefined",
      ]);
    expect(probe("phaHost.backend.blake2b.constructor === Object")).toBe("true");
    expect(probe("(async () => {}).constructor === Object")).toBe("true");
    expect(probe("new ((() => {}).constructor)('return 1') instanceof String")).toBe("true");
    expect(probe("new Error('x').stack.split('\\n').length")).toBe("1");
    expect(probe("2 ** 10")).toBe("1024");
  });

  test("is given no keys and no chance", () => {
    const source =
      "exports.serve = () => ({ call: () => new Uint8Array([0, ...Object.keys(phaHost.backend).join().split('').map((c) => c.charCodeAt(0))]), forget() {} })";
    const names = Buffer.from(startTransition(utf8(source))!).toString();
    expect(names).toContain("blake2b");
    expect(names).not.toMatch(/random|Sign\b|FromSeed|Derive|pbkdf2/i);
  });

  test("hands a fault of the node on, instead of deciding by it", () => {
    const realm = openRealm(transition, { verify: verifySignature, startTransition });
    const overlay = createOverlay({
      get: () => {
        throw new Error("the disk is gone");
      },
    });
    expect(() => realm.call(overlay, "AccountNonceApi_account_nonce", new Uint8Array(32))).toThrow(
      "the disk is gone",
    );
  });
});

test("an artefact comes apart as it was put together", () => {
  const code = runtimeCode(runtime, transitionSections(transition));
  const parts = splitArtefact(joinArtefact(code, transition));
  expect(
    parts.ok && [toHex(parts.value.code) === toHex(code), parts.value.version.specVersion],
  ).toEqual([true, VERSION.specVersion]);
  expect(parts.ok && equalBytes(parts.value.transition, transition)).toBe(true);
});

describe("a state whose runtime this program cannot run", () => {
  const load = (script: Uint8Array) =>
    realmRuntime(openRealm(script, { verify: verifySignature, startTransition }));
  const versionOf = (entries: readonly (readonly [Uint8Array, Uint8Array])[], by = load) => {
    const own = { hash: new Uint8Array(32), runtime };
    const known = new Map(entries.map(([key, value]) => [toHex(key), value]));
    const overlay = createOverlay({ get: (key) => known.get(toHex(key)) });
    return runtimeSwitch({ native: own, load: by }).runtimeApi(
      overlay,
      "Core_version",
      new Uint8Array(0),
    );
  };
  const codeFor = (script: Uint8Array) => runtimeCode(runtime, transitionSections(script));

  test("is refused by a code, whatever is wrong with it", () => {
    const broken = utf8("throw 1");
    expect(() => versionOf([])).toThrow(expect.objectContaining({ code: "runtime/no-transition" }));
    expect(() => versionOf([[CODE_KEY, runtimeCode(runtime)]])).toThrow(
      expect.objectContaining({ code: "runtime/no-transition" }),
    );
    for (const stored of [[], [[TRANSITION_KEY, nextTransition] as const]])
      expect(() => versionOf([[CODE_KEY, codeFor(transition)], ...stored])).toThrow(
        expect.objectContaining({ code: "runtime/wrong-transition" }),
      );
    expect(() =>
      versionOf([
        [CODE_KEY, codeFor(broken)],
        [TRANSITION_KEY, broken],
      ]),
    ).toThrow(expect.objectContaining({ code: "runtime/not-loadable" }));
    const mute = utf8(
      "exports.serve = () => ({ call: () => new Uint8Array([1, 120]), forget() {} })",
    );
    expect(() =>
      versionOf([
        [CODE_KEY, codeFor(mute)],
        [TRANSITION_KEY, mute],
      ]),
    ).toThrow(expect.objectContaining({ code: "runtime/no-answer" }));
  });

  test("is loaded once, however often it is asked", () => {
    let loads = 0;
    const entries = [
      [CODE_KEY, codeFor(transition)],
      [TRANSITION_KEY, transition],
    ] as const;
    const known = new Map(entries.map(([key, value]) => [toHex(key), value]));
    const one = runtimeSwitch({
      native: { hash: new Uint8Array(32), runtime },
      load: (script) => {
        loads++;
        return load(script);
      },
    });
    for (let round = 0; round < 3; round++) {
      const overlay = createOverlay({ get: (key) => known.get(toHex(key)) });
      expect(one.runtimeApi(overlay, "Core_version", new Uint8Array(0)).ok).toBe(true);
    }
    expect(loads).toBe(1);
  });
});

/** The runtime's package and those below it; another one that the bundle came to take would be missing in its build. */
const TAKEN = [
  "attestation",
  "consensus",
  "contract",
  "crypto",
  "frame",
  "protocol",
  "runtime",
  "scale",
  "state",
];

test("the bundle is the same from another folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pha-bundle-"));
  try {
    for (const name of TAKEN)
      cpSync(join(ROOT, "packages", name), join(folder, "packages", name), {
        recursive: true,
        filter: (path) => !path.endsWith(".test.ts"),
      });
    mkdirSync(join(folder, "node_modules", "@pha"), { recursive: true });
    for (const name of readdirSync(join(ROOT, "node_modules")))
      if (name !== "@pha" && name !== "@noble" && !name.startsWith("."))
        symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    // All that the bundle takes from npm.
    cpSync(join(ROOT, "node_modules", "@noble"), join(folder, "node_modules", "@noble"), {
      recursive: true,
      filter: (path) => !/\.(ts|map)$/.test(path),
    });
    for (const name of readdirSync(join(folder, "packages")))
      symlinkSync(join(folder, "packages", name), join(folder, "node_modules", "@pha", name));
    const script = await import(pathToFileURL(join(ROOT, "bin", "bundle.mjs")).href);
    const elsewhere = await script.bundleRuntime({
      root: folder,
      entry: join(folder, script.RUNTIMES.dev),
    });
    expect(toHex(blake2b256(elsewhere))).toBe(toHex(blake2b256(transition)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
