/** The node's side of the signer, with programs in the signer's place that misbehave. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { SILENT } from "../node-log.ts";
import { signerNeeds } from "./open-node-keys.ts";
import type { SignerRequest } from "./signer-messages.ts";
import { MAX_WAITING, type SignerProcess, startSigner } from "./signer-process.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-signer-process-"));
afterAll(() => rmSync(folder, { recursive: true }));
const open: SignerProcess[] = [];
afterEach(async () => {
  for (const signer of open.splice(0)) await signer.stop();
});

const LIST: SignerRequest = { type: "List", value: undefined };
const GENERATE: SignerRequest = { type: "Generate", value: undefined };
const pair = { babe: new Uint8Array(32), grandpa: new Uint8Array(32) };
const PROVE: SignerRequest = { type: "ProveOwnership", value: { pair, owner: new Uint8Array(32) } };

/** Answers `Open` with no keys, ends on `List`, is silent on `Generate`, answers another request on `ProveOwnership`. */
const PROGRAM = `
const answer = (id, ...body) => {
  const frame = Buffer.alloc(8 + body.length);
  frame.writeUInt32LE(4 + body.length, 0);
  frame[4] = body[0];
  frame.writeUInt32LE(id, 5);
  Buffer.from(body.slice(1)).copy(frame, 9);
  process.stdout.write(frame);
};
let bytes = Buffer.alloc(0);
process.stdin.on("data", (chunk) => {
  bytes = Buffer.concat([bytes, chunk]);
  while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0)) {
    const frame = bytes.subarray(4, 4 + bytes.readUInt32LE(0));
    bytes = bytes.subarray(4 + frame.length);
    const id = frame.readUInt32LE(1);
    if (frame[0] === 0) answer(id, 0, 0);
    if (frame[0] === 1) process.exit(3);
    if (frame[0] === 8) answer(id + 1, 5);
  }
});
process.stdin.on("end", () => process.exit(0));
`;

function aProgram(name: string, text = PROGRAM): string {
  const program = join(folder, `${name}.mjs`);
  writeFileSync(program, text);
  return program;
}

async function start(
  program: string,
  options: Partial<Parameters<typeof startSigner>[0]> = {},
): Promise<SignerProcess> {
  const signer = await startSigner({
    program,
    folder: undefined,
    authority: undefined,
    log: SILENT,
    firstPauseMs: 1,
    onFailure: (error) => {
      throw error;
    },
    ...options,
  });
  open.push(signer);
  return signer;
}

/** Resolves when another process is there, and open. */
async function restarted(signer: SignerProcess, oldPid: number | undefined): Promise<void> {
  while (signer.pid() === undefined || signer.pid() === oldPid)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a signer that ends, is silent, or answers what nobody asked is started again; what waited gets a code", async () => {
  const signer = await start(aProgram("misbehaves"), { deadlineMs: 50 });
  for (const request of [LIST, GENERATE, PROVE]) {
    const pid = signer.pid();
    await expect(signer.ask(request)).rejects.toMatchObject({ code: "signer/ended" });
    await expect(signer.ask(LIST)).rejects.toMatchObject({ code: "signer/ended" });
    await restarted(signer, pid);
  }
});

test("requests beyond the most are refused; those that wait are answered when it is stopped", async () => {
  const { ask, stop } = await start(aProgram("busy"));
  const asked = Array.from({ length: MAX_WAITING }, () => ask(GENERATE).catch(() => "ended"));
  await expect(ask(GENERATE)).rejects.toMatchObject({ code: "signer/busy" });
  await stop();
  expect(new Set(await Promise.all(asked))).toEqual(new Set(["ended"]));
});

test("a signer that does not start at all stops the node, at its start and later", async () => {
  await expect(start(join(folder, "nowhere.mjs"))).rejects.toMatchObject({
    code: "signer/unavailable",
  });
  const program = aProgram("vanishes");
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise((resolve) => {
    fail = resolve;
  });
  const { ask } = await start(program, { onFailure: fail, maxStarts: 2 });
  rmSync(program);
  await expect(ask(LIST)).rejects.toMatchObject({ code: "signer/ended" });
  expect(await failed).toMatchObject({ code: "signer/unavailable", facts: { starts: 2 } });
});

test("a follower needs no signer, a validator a folder for its keys", () => {
  expect(signerNeeds({ dataDir: "data" })).toBeUndefined();
  expect(signerNeeds({ rpcUnsafe: true })).toBeUndefined();
  expect(signerNeeds({ dataDir: "/data", rpcUnsafe: true })).toMatchObject({
    folder: "/data/keystore",
    isValidator: false,
    handlesKeys: true,
  });
  expect(signerNeeds({ authority: "//Alice" })).toMatchObject({ folder: undefined });
  expect(() => signerNeeds({ validator: true })).toThrow(
    expect.objectContaining({ code: "keystore/no-folder" }),
  );
});
