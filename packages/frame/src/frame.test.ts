import { boundedBytes, encode, option, str, toHex, u8, u32, u64, utf8 } from "@pha/scale";
import { createOverlay, MemoryStore } from "@pha/state";
import { describe, expect, test } from "vitest";
import {
  accountId,
  anyOf,
  at,
  blake2_128Concat,
  configOf,
  constant,
  definePallet,
  defineRuntime,
  doubleMap,
  type Env,
  encodeCall,
  ensure,
  error,
  event,
  identity,
  map,
  memoryOverlay,
  NONE,
  nMap,
  none,
  ROOT,
  renderPalletDocs,
  root,
  signed,
  signedBy,
  twox64Concat,
  value,
  weight,
} from "./index.ts";

interface NotesConfig {
  readonly limit: number;
}

const WEIGHT = weight(1_000n, 1n);

const declaration = definePallet("Notes", {
  docs: "Keeps notes.",
  config: configOf<NotesConfig>(),
  constants: {
    Limit: constant(u32, (c: NotesConfig) => c.limit, "Longest note, in bytes."),
    Spec: constant(u32, (_: NotesConfig, { version }) => version.specVersion, "Spec version."),
  },
  storage: {
    Count: value(u32, { default: 7, docs: "How many." }),
    Last: value(str, { docs: "The newest." }),
    Notes: map(blake2_128Concat, accountId, str, { docs: "By author." }),
    Pages: doubleMap(twox64Concat, u32, identity, u64, str, { docs: "By book and page." }),
    Triples: nMap(
      [
        [twox64Concat, u8],
        [identity, u8],
        [blake2_128Concat, u8],
      ],
      u32,
      {
        docs: "By three.",
      },
    ),
    Blobs: map(blake2_128Concat, boundedBytes(4), u8, { docs: "By short bytes." }),
  },
  events: {
    Noted: event(3, { text: str }, "A note was kept."),
    Emptied: event(9, {}, "All notes are gone."),
  },
  errors: { TooLong: error(2, "The note is too long.") },
});

const Notes = declaration.implement(({ call, runtimeCall }) => ({
  calls: {
    note: call(
      1,
      { docs: "Keeps a note.", origin: signed, args: { text: str }, weight: WEIGHT },
      (ctx, { text }) => {
        ctx.storage.Notes.put(ctx.caller, text);
        ctx.emit.Noted({ text });
        ensure(text.length <= ctx.constants.Limit, ctx.errors.TooLong);
      },
    ),
    empty: call(
      4,
      { docs: "Forgets all.", origin: anyOf(root, none), args: {}, weight: WEIGHT },
      (ctx) => {
        ctx.storage.Notes.clear();
        ctx.emit.Emptied();
        return ctx.origin.type === "None" ? { paysFee: false } : undefined;
      },
    ),
    both: call(
      5,
      {
        docs: "Runs two calls; the first may fail.",
        origin: signed,
        args: { first: runtimeCall, second: option(runtimeCall) },
        weight: (args, _config, env) => env.infoOf(args.first).weight,
      },
      (ctx, { first, second }) => {
        ctx.env.dispatch(first, signedBy(ctx.caller));
        if (second) ctx.env.dispatch(second, signedBy(ctx.caller));
      },
    ),
    crash: call(6, { docs: "Breaks a promise.", origin: signed, args: {}, weight: WEIGHT }, () => {
      throw new RangeError("not a decision");
    }),
  },
  genesis: (ctx, notes: readonly (readonly [Uint8Array, string])[]) => {
    for (const [author, text] of notes) ctx.storage.Notes.put(author, text);
  },
}));

const runtime = defineRuntime({
  version: {
    specName: "notes",
    implName: "notes",
    authoringVersion: 1,
    specVersion: 12,
    implVersion: 1,
    transactionVersion: 1,
    stateVersion: 1,
  },
  pallets: [at(17, Notes, { limit: 5 })],
  system: {
    numberOf: () => 0,
    start: () => undefined,
    succeeded: () => undefined,
    failed: () => undefined,
    finish: () => undefined,
  },
  extensions: [],
});
const { tx } = runtime;
const ANN = new Uint8Array(32).fill(1);
const BEN = new Uint8Array(32).fill(2);

function start(overlay = memoryOverlay()) {
  const env: Env = runtime.env(overlay);
  return { overlay, env, notes: env.of(Notes) };
}

describe("dispatch", () => {
  test("keeps what a call wrote when it succeeds, and nothing when it fails", () => {
    const { env, notes, overlay } = start();
    expect(env.dispatch(tx.Notes.note({ text: "hello" }), signedBy(ANN)).ok).toBe(true);
    const before = overlay.entries();
    const failed = env.dispatch(tx.Notes.note({ text: "too long" }), signedBy(ANN));
    expect(failed).toMatchObject({
      ok: false,
      error: { type: "Module", value: { index: 17, error: Uint8Array.of(2, 0, 0, 0) } },
    });
    expect(overlay.entries()).toEqual(before);
    expect(notes.storage.Notes.get(ANN)).toBe("hello");
  });

  test("undoes a failed inner call alone", () => {
    const { env, notes } = start();
    const call = tx.Notes.both({
      first: tx.Notes.note({ text: "too long" }),
      second: tx.Notes.note({ text: "fits" }),
    });
    expect(env.dispatch(call, signedBy(ANN)).ok).toBe(true);
    expect(notes.storage.Notes.get(ANN)).toBe("fits");
  });

  test("refuses origins that the declaration does not name", () => {
    const { env } = start();
    const badOrigin = { ok: false, error: { type: "BadOrigin" } };
    expect(env.dispatch(tx.Notes.note({ text: "x" }), ROOT)).toMatchObject(badOrigin);
    expect(env.dispatch(tx.Notes.empty(), signedBy(ANN))).toMatchObject(badOrigin);
    expect(env.dispatch(tx.Notes.empty(), NONE)).toMatchObject({
      ok: true,
      post: { paysFee: false },
    });
    expect(env.dispatch(tx.Notes.empty(), ROOT)).toMatchObject({ ok: true, post: {} });
  });

  test("is not decided by exceptions that are not the pallet's verdict", () => {
    const { env } = start();
    expect(() => env.dispatch(tx.Notes.crash(), signedBy(ANN))).toThrow(RangeError);
  });

  test("stops at 256 calls inside each other", () => {
    const { env, notes } = start();
    let call = tx.Notes.note({ text: "deep" });
    for (let i = 0; i < 255; i++) call = tx.Notes.both({ first: call, second: undefined });
    env.dispatch(call, signedBy(ANN));
    expect(notes.storage.Notes.get(ANN)).toBe("deep");
    const deeper = tx.Notes.both({ first: call, second: tx.Notes.note({ text: "side" }) });
    notes.storage.Notes.remove(ANN);
    env.dispatch(deeper, signedBy(ANN));
    expect(notes.storage.Notes.get(ANN)).toBe("side");
  });
});

describe("storage", () => {
  test("reads defaults, and nothing without them", () => {
    const { notes } = start();
    expect(notes.storage.Count.get()).toBe(7);
    expect(notes.storage.Count.exists()).toBe(false);
    expect(notes.storage.Last.get()).toBeUndefined();
    notes.storage.Count.mutate((count) => count + 1);
    expect(notes.storage.Count.get()).toBe(8);
    notes.storage.Count.kill();
    expect(notes.storage.Count.get()).toBe(7);
  });

  test("lists maps by their keys, on both overlays alike", () => {
    const backend = new MemoryStore();
    const overlays = [
      memoryOverlay(),
      createOverlay({ get: (key) => backend.get(key), nextKey: () => undefined }),
    ];
    const listed = overlays.map((overlay) => {
      const notes = runtime.env(overlay).of(Notes);
      const { Notes: byAuthor, Pages, Triples } = notes.storage;
      byAuthor.put(ANN, "a");
      byAuthor.put(BEN, "b");
      for (const book of [1, 2])
        for (const page of [5n, 6n]) Pages.put(book, page, `${book}.${page}`);
      Triples.put([1, 2, 3], 9);
      expect(Triples.get([1, 2, 3])).toBe(9);
      expect([...Triples.entries()]).toEqual([[[1, 2, 3], 9]]);
      expect(Pages.get(1, 6n)).toBe("1.6");
      expect([...Pages.entriesOf(2)]).toEqual([
        [5n, "2.5"],
        [6n, "2.6"],
      ]);
      Pages.clearPrefix(1);
      expect([...Pages.entries()]).toHaveLength(2);
      byAuthor.remove(BEN);
      return [...byAuthor.entries()];
    });
    expect(listed[0]).toEqual([[ANN, "a"]]);
    expect(listed[1]).toEqual(listed[0]);
  });

  test("keeps keys apart, however many there are and however alike", () => {
    const { notes } = start();
    const keys = Array.from({ length: 40 }, (_, i) => new Uint8Array(32).fill(i));
    for (const [i, key] of keys.entries()) notes.storage.Notes.put(key, `${i}`);
    for (const [i, key] of keys.entries()) expect(notes.storage.Notes.get(key)).toBe(`${i}`);
    const reused = new Uint8Array(32).fill(1);
    notes.storage.Notes.get(reused);
    reused.fill(2);
    expect(notes.storage.Notes.get(reused)).toBe("2");
    notes.storage.Blobs.put(Uint8Array.of(4), 1);
    expect(notes.storage.Blobs.get(Uint8Array.of(4))).toBe(1);
    expect([...notes.storage.Blobs.keys()]).toEqual([Uint8Array.of(4)]);
    expect(toHex(notes.storage.Blobs.keyOf(Uint8Array.of(4))).endsWith("0404")).toBe(true);
  });

  test("starts with the genesis", () => {
    const entries = runtime.genesis({ Notes: [[ANN, "first"]] });
    const { notes, overlay } = start();
    for (const [key, stored] of entries) overlay.put(key, stored);
    expect(notes.storage.Notes.get(ANN)).toBe("first");
  });
});

describe("calls", () => {
  test("are encoded by index, and typed by name", () => {
    const bytes = encodeCall(runtime, "Notes", "note", { text: "hi" });
    expect(toHex(bytes)).toBe(toHex(Uint8Array.of(17, 1, 8, ...utf8("hi"))));
    // @ts-expect-error there is no such call
    expect(() => encodeCall(runtime, "Notes", "nothing", {})).toThrow();
    expect(toHex(encode(runtime.format.call, tx.Notes.empty()))).toBe("0x1104");
  });

  test("constants come from configuration and runtime", () => {
    const { notes } = start();
    expect(notes.constants).toEqual({ Limit: 5, Spec: 12 });
  });
});

test("indexes given twice are refused when the runtime is composed", () => {
  const Twice = definePallet("Twice", {
    docs: "Errs.",
    errors: { One: error(1, "one"), Two: error(1, "two") },
  }).implement(() => ({ calls: {} }));
  const compose = () =>
    defineRuntime({
      version: runtime.version,
      pallets: [at(1, Twice)],
      system: { numberOf: () => 0, start() {}, succeeded() {}, failed() {}, finish() {} },
      extensions: [],
    });
  expect(compose).toThrow("error index of Twice.Two is free");
});

test("the reference page says everything that the declaration says", () => {
  const page = renderPalletDocs(runtime);
  for (const text of [
    "## Notes (17)",
    "| 1 | `note(text: str)` | signed | Keeps a note. |",
    "| 4 | `empty()` | root or none | Forgets all. |",
    "| `Pages` | Twox64Concat(`u32`), Identity(`u64`) | `str` | By book and page. |",
    "| 2 | `TooLong` | The note is too long. |",
    "| `Limit` | `u32` | `5` | Longest note, in bytes. |",
  ])
    expect(page).toContain(text);
});

test("events are read back with their moment", () => {
  const { env } = start();
  env.dispatch(tx.Notes.note({ text: "hi" }), signedBy(ANN));
  env.dispatch(tx.Notes.empty(), ROOT);
  const made = runtime.env(memoryOverlay());
  made.dispatch(tx.Notes.note({ text: "hi" }), signedBy(ANN));
  const [record] = made.events;
  if (!record) throw new Error("an event was deposited");
  const list = Uint8Array.of(4, ...record);
  const decoded = runtime.decodeEvents(list);
  expect(decoded).toMatchObject({
    ok: true,
    value: [
      {
        phase: "initialization",
        event: { pallet: "Notes", name: "Noted", fields: { text: "hi" } },
      },
    ],
  });
  expect(runtime.decodeEvents(list.slice(0, -1)).ok).toBe(false);
  expect(runtime.decodeEvents(Uint8Array.of(4, 2, 17, 8, 0)).ok).toBe(false);
});
