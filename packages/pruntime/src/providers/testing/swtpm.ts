/** A software TPM from Debian's `swtpm`, where it is installed; made to look like an Azure machine's. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import {
  ALGORITHM,
  HANDLE,
  join,
  send,
  sized,
  type TpmTransport,
  u16,
  u32,
} from "../tpm-commands.ts";

/** Why the tests are skipped; `undefined` when they run. */
export const swtpmMissing: string | undefined =
  process.env["PHA_NO_SWTPM"] ??
  (spawnSync("swtpm", ["--version"]).status === 0 ? undefined : "swtpm is not installed");

export interface Swtpm {
  readonly tpm: TpmTransport;
  stop(): Promise<void>;
}

export async function startSwtpm(): Promise<Swtpm> {
  const folder = mkdtempSync(joinPath(tmpdir(), "pha-swtpm-"));
  const path = joinPath(folder, "tpm.sock");
  const program: ChildProcess = spawn(
    "swtpm",
    [
      ...["socket", "--tpm2", "--tpmstate", `dir=${folder}`],
      ...["--server", `type=unixio,path=${path}`],
      ...["--ctrl", `type=unixio,path=${joinPath(folder, "ctrl.sock")}`],
      ...["--flags", "not-need-init,startup-clear", "--seccomp", "action=none"],
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((done) => program.once("exit", () => done()));
  const socket = await connected(path);
  return {
    tpm: transportOf(socket),
    async stop() {
      socket.destroy();
      program.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function connected(path: string): Promise<Socket> {
  for (let tried = 0; ; tried++) {
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const socket = connect(path, () => resolve(socket));
        socket.once("error", reject);
      });
    } catch (error) {
      if (tried === 100) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

function transportOf(socket: Socket): TpmTransport {
  let received = Buffer.alloc(0);
  let waiting: ((answer: Uint8Array) => void) | undefined;
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const length = received.length < 6 ? Number.POSITIVE_INFINITY : received.readUInt32BE(2);
    if (received.length < length) return;
    const answer = new Uint8Array(received.subarray(0, length));
    received = received.subarray(length);
    waiting?.(answer);
  });
  return {
    exchange: (command) =>
      new Promise((resolve) => {
        waiting = resolve;
        socket.write(command);
      }),
  };
}

const ATTESTATION_KEY = 0x8100_0003;
const REPORT_INDEX = 0x0140_0001;
const NONE = new Uint8Array(0);

/** Makes the restricted key that quotes; its modulus. */
export async function makeAttestationKey(tpm: TpmTransport): Promise<Uint8Array> {
  const template = join(
    u16(0x0001),
    u16(ALGORITHM.sha256),
    // Fixed, made inside, by password, restricted to what the TPM makes, for signatures.
    u32((1 << 1) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 16) | (1 << 18)),
    sized(NONE),
    u16(ALGORITHM.null),
    u16(ALGORITHM.rsassa),
    u16(ALGORITHM.sha256),
    u16(2048),
    u32(0),
    sized(NONE),
  );
  const made = await send(tpm, {
    code: 0x131,
    handles: [HANDLE.owner],
    sessions: [HANDLE.password],
    parameters: join(sized(join(sized(NONE), sized(NONE))), sized(template), sized(NONE), u32(0)),
    answerHandles: 1,
  });
  const [key = 0] = made.handles;
  const modulus = made.sized().slice(-256);
  await send(tpm, {
    code: 0x120,
    handles: [HANDLE.owner, key],
    sessions: [HANDLE.password],
    parameters: u32(ATTESTATION_KEY),
  });
  await send(tpm, { code: 0x165, parameters: u32(key) });
  return modulus;
}

/** Puts a paravisor's report where Azure has it. */
export async function writeReport(tpm: TpmTransport, report: Uint8Array): Promise<void> {
  const attributes = (1 << 1) | (1 << 17);
  const info = join(
    u32(REPORT_INDEX),
    u16(ALGORITHM.sha256),
    u32(attributes),
    sized(NONE),
    u16(report.length),
  );
  await send(tpm, {
    code: 0x12a,
    handles: [HANDLE.owner],
    sessions: [HANDLE.password],
    parameters: join(sized(NONE), sized(info)),
  });
  for (let offset = 0; offset < report.length; offset += 512)
    await send(tpm, {
      code: 0x137,
      handles: [HANDLE.owner, REPORT_INDEX],
      sessions: [HANDLE.password],
      parameters: join(sized(report.slice(offset, offset + 512)), u16(offset)),
    });
}

/** Extends a register of the SHA-256 bank. */
export async function extend(tpm: TpmTransport, register: number): Promise<void> {
  await send(tpm, {
    code: 0x182,
    handles: [register],
    sessions: [HANDLE.password],
    parameters: join(u32(1), u16(ALGORITHM.sha256), new Uint8Array(32).fill(5)),
  });
}
