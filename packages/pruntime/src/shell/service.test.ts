/** The shell with a real pipe, a scripted chain behind it and the fake engine. */
import { PassThrough } from "node:stream";
import { ed25519Verify } from "@pha/crypto";
import { challengeReportData, registrationReportData } from "@pha/protocol";
import { expect, test } from "vitest";
import type { Input } from "../core/index.ts";
import type { EvidenceProvider } from "../providers/index.ts";
import { createScriptedChain } from "../testing/scripted-chain.ts";
import {
  type ChipKeyName,
  createFrameReader,
  FromPRuntime,
  fromFrame,
  PIPE_VERSION,
  PIPE_WINDOW,
  ToPRuntime,
  toFrame,
} from "../wire/index.ts";
import { askChipKeyAt, createHostDesk } from "./host-desk.ts";
import { PRUNTIME_VERSION, runPRuntime, type ServiceOptions } from "./service.ts";

function start(
  sealedContent?: Uint8Array,
  change: Partial<EvidenceProvider> = {},
  disk: Promise<void> = Promise.resolve(),
  desks: Pick<ServiceOptions, "chipKeys" | "tdQuotes"> = {},
) {
  const input = new PassThrough();
  const output = new PassThrough();
  const asked: Uint8Array[] = [];
  const written: Uint8Array[] = [];
  const inputs: Input[] = [];
  const lines: string[] = [];
  const provider: EvidenceProvider = {
    kind: "Simulated",
    name: "test",
    evidence: (reportData) => {
      asked.push(reportData);
      return Promise.resolve(Uint8Array.of(1, 2, 3));
    },
    sealingKey: () => Promise.resolve(new Uint8Array(32)),
    ...change,
  };
  let engineStopped = false;
  const done = runPRuntime({
    input,
    output,
    provider,
    ...desks,
    sealed: {
      read: () => Promise.resolve(sealedContent),
      write: (content) => {
        written.push(content);
        return disk;
      },
    },
    engines: () => ({
      send: () => undefined,
      stop: () => {
        engineStopped = true;
      },
    }),
    log: ({ event }) => lines.push(event),
    record: (one) => inputs.push(one),
  });
  const reader = createFrameReader();
  const waiting: FromPRuntime[] = [];
  output.on("data", (chunk: Uint8Array) => {
    const frames = reader.push(chunk);
    if (!frames.ok) throw new Error(frames.error.code);
    for (const frame of frames.value) {
      const message = fromFrame(FromPRuntime, frame);
      if (!message.ok) throw new Error(message.error.reason);
      waiting.push(message.value);
    }
  });
  async function next<T extends FromPRuntime["type"]>(type: T) {
    for (let i = 0; i < 400; i++) {
      const at = waiting.findIndex((one) => one.type === type);
      const found = waiting[at];
      if (found?.type === type) {
        waiting.splice(at, 1);
        return found as Extract<FromPRuntime, { readonly type: T }>;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`no ${type} among ${waiting.map((one) => one.type)}`);
  }
  return {
    send: (message: ToPRuntime, requestId = 0) =>
      input.write(toFrame(ToPRuntime, requestId, message)),
    next,
    end: () => input.end(),
    write: (bytes: Uint8Array) => input.write(bytes),
    done,
    asked,
    written,
    inputs,
    lines,
    stopped: () => engineStopped,
    waiting: () => waiting.map(({ type }) => type),
  };
}

const chain = createScriptedChain({});
for (let i = 0; i < 5; i++) chain.addBlock();

const QUERY: ToPRuntime = {
  type: "Query",
  value: { boot: new Uint8Array(32), enc: new Uint8Array(32), ciphertext: new Uint8Array(40) },
};

function hello(pipeVersion = PIPE_VERSION): ToPRuntime {
  return {
    type: "Hello",
    value: {
      pipeVersion,
      role: { type: "Worker", value: undefined },
      operator: new Uint8Array(32),
      genesisHeader: chain.genesisHeader,
      genesisProof: [...chain.genesisProof],
    },
  };
}

test("hello, blocks and registration go through the pipe, in order even when all come at once", async () => {
  const host = start();
  host.send(hello());
  const batch = chain.batch(1);
  if (!batch) throw new Error("no batch");
  host.send({ type: "Batch", value: batch });
  host.send({ type: "Register", value: undefined });
  const ready = await host.next("Ready");
  expect(ready.value).toMatchObject({
    pipeVersion: PIPE_VERSION,
    provider: "test",
    head: chain.ref(0),
  });
  const synced = await host.next("Synced");
  expect(synced.value.head).toEqual(chain.head);
  const { registration, evidence } = (await host.next("Registration")).value;
  expect(registration).toMatchObject({ boot: ready.value.boot, at: chain.head });
  expect(host.asked).toEqual([registrationReportData(registration)]);
  expect(evidence).toEqual(Uint8Array.of(1, 2, 3));
  expect(host.written.length).toBe(1);
  expect(host.inputs.map(({ type }) => type).filter((type) => type !== "tick")).toEqual([
    "start",
    "batch",
    "register",
    "evidence",
  ]);
  host.end();
  await host.done;
  expect(host.stopped()).toBe(true);
  expect(ed25519Verify(ready.value.boot, new Uint8Array(1), new Uint8Array(64))).toBe(false);
});

test.each([
  ["another version of the pipe", hello(1), undefined, "pipe/other-version"],
  ["a malformed sealed store", hello(), new Uint8Array(3), "start/malformed-sealed-store"],
])("%s ends the program with its code", async (_, message, sealed, code) => {
  const before = process.exitCode;
  const host = start(sealed);
  host.send(message);
  expect((await host.next("Failed")).value).toBe(code);
  await host.done;
  expect(host.lines).toEqual([code]);
  process.exitCode = before;
});

test("a fault that is nobody's but ours ends the program, and says no more than that", async () => {
  const before = process.exitCode;
  const host = start(undefined, { evidence: () => Promise.reject(new Error("a secret path")) });
  host.send(hello());
  const batch = chain.batch(1);
  if (!batch) throw new Error("no batch");
  host.send({ type: "Batch", value: batch });
  host.send({ type: "Register", value: undefined });
  expect((await host.next("Failed")).value).toBe("pruntime/internal");
  await host.done;
  expect(host.lines).toEqual(["pruntime/internal"]);
  expect(process.exitCode).toBe(1);
  process.exitCode = before;
});

test.each([
  [
    "more requests than it has credit for",
    () => Array.from({ length: PIPE_WINDOW + 1 }, () => QUERY),
    "pipe/no-credit",
  ],
  [
    "an answer to nothing",
    (): ToPRuntime[] => [{ type: "Proof", value: undefined }],
    "pipe/unasked",
  ],
  ["credit for nothing", (): ToPRuntime[] => [{ type: "Credit", value: 1 }], "pipe/unasked"],
  ["a second hello", () => [hello()], "pipe/unasked"],
])("a host that sends %s is refused", async (_, messages, code) => {
  const before = process.exitCode;
  const host = start();
  // Before the start is done nothing is answered: all are under way.
  for (const message of [hello(), ...messages()]) host.send(message);
  expect((await host.next("Failed")).value).toBe(code);
  await host.done;
  process.exitCode = before;
});

test("a host is given credit for its notes", async () => {
  const host = start();
  host.send(hello());
  host.send({ type: "Register", value: undefined });
  expect((await host.next("Credit")).value).toBe(1);
  host.end();
  await host.done;
});

test("bytes that are no frame or no message end the program", async () => {
  const before = process.exitCode;
  const long = start();
  long.write(new Uint8Array(8).fill(0xff));
  expect((await long.next("Failed")).value).toBe("pipe/frame-too-long");
  await long.done;
  const unknown = start();
  unknown.write(Uint8Array.of(5, 0, 0, 0, 99, 0, 0, 0, 0));
  expect((await unknown.next("Failed")).value).toBe("pipe/malformed");
  await unknown.done;
  process.exitCode = before;
});

test("nothing goes to the chain before the identity behind it is in the sealed store", async () => {
  let written: () => void = () => {};
  const disk = new Promise<void>((resolve) => {
    written = resolve;
  });
  const host = start(undefined, {}, disk);
  host.send(hello());
  const batch = chain.batch(1);
  if (!batch) throw new Error("no batch");
  host.send({ type: "Batch", value: batch });
  host.send({ type: "Register", value: undefined });
  await host.next("Synced");
  // The evidence has arrived when a second batch is answered; the registration is ready and waits.
  host.send({ type: "Batch", value: batch });
  await host.next("BatchRefused");
  expect(host.asked).toHaveLength(1);
  expect(host.waiting()).not.toContain("Registration");
  written();
  await host.next("Registration");
  host.end();
  await host.done;
});

const CHALLENGE: ToPRuntime = { type: "Challenge", value: new Uint8Array(32).fill(6) };

test("a challenge is answered by evidence of this boot over the nonce, and another one meanwhile waits outside", async () => {
  let answer: (evidence: Uint8Array) => void = () => undefined;
  const asked: Uint8Array[] = [];
  const host = start(undefined, {
    evidence: (reportData) => {
      asked.push(reportData);
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  host.send(hello());
  const { identity, boot, bootEncryption } = (await host.next("Ready")).value;
  host.send(CHALLENGE);
  host.send(CHALLENGE);
  expect((await host.next("ChallengeRefused")).value).toBe("worker/challenge-busy");
  answer(Uint8Array.of(9));
  expect((await host.next("Challenged")).value).toEqual(Uint8Array.of(9));
  const subject = {
    genesisHash: chain.ref(0).hash,
    identity,
    boot,
    bootEncryption,
    operator: new Uint8Array(32),
    role: { type: "Worker", value: undefined },
    version: PRUNTIME_VERSION,
    features: 0,
  } as const;
  expect(asked).toEqual([challengeReportData(subject, CHALLENGE.value as Uint8Array)]);
  // The same boot and the same 32 bytes, as a registration would bind them.
  const registration = { ...subject, at: { number: 0, hash: CHALLENGE.value as Uint8Array } };
  expect(asked[0]).not.toEqual(registrationReportData(registration));
  expect(asked[0]?.subarray(32)).toEqual(registrationReportData(registration).subarray(32));
  host.send(CHALLENGE);
  await expect.poll(() => asked.length).toBe(2);
  host.end();
  await host.done;
});

test("what evidence needs is asked of the host, and comes back to who asked", async () => {
  const chipKeys = createHostDesk<ChipKeyName>();
  const tdQuotes = createHostDesk<Uint8Array>();
  const answers: unknown[] = [];
  const evidence = async () => {
    const tcb = { fmc: undefined, bootloader: 1, tee: 2, snp: 3, microcode: 4 };
    const key = { line: "Milan", chipId: new Uint8Array(64), tcb } as const;
    answers.push(await askChipKeyAt(chipKeys)(key));
    answers.push(await tdQuotes.ask(new Uint8Array(1_024).fill(6)));
    return Uint8Array.of(1);
  };
  const host = start(undefined, { evidence }, undefined, { chipKeys, tdQuotes });
  host.send(hello());
  await host.next("Ready");
  host.send(CHALLENGE);
  expect((await host.next("ReadChipKey")).value).toMatchObject({ bootloader: 1, microcode: 4 });
  // Each kind of question has numbers of its own.
  host.send({ type: "ChipKey", value: Uint8Array.of(7) }, 1);
  expect((await host.next("ReadTdQuote")).value).toEqual(new Uint8Array(1_024).fill(6));
  host.send({ type: "TdQuote", value: Uint8Array.of(8) }, 1);
  expect((await host.next("Challenged")).value).toEqual(Uint8Array.of(1));
  expect(answers).toEqual([Uint8Array.of(7), Uint8Array.of(8)]);
  host.end();
  await host.done;
});

test("a platform that cannot make evidence says so to who asked, and the boot goes on", async () => {
  const host = start(undefined, { evidence: () => Promise.reject(new Error("busy for good")) });
  host.send(hello());
  await host.next("Ready");
  host.send(CHALLENGE);
  expect((await host.next("ChallengeRefused")).value).toBe("worker/evidence-failed");
  const batch = chain.batch(1);
  if (!batch) throw new Error("no batch");
  host.send({ type: "Batch", value: batch });
  await host.next("Synced");
  host.end();
  await host.done;
});
