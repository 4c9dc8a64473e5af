import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FromPRuntime } from "@pha/pruntime/wire";
import { afterAll, describe, expect, it } from "vitest";
import { SILENT } from "../log.ts";
import { frameOf, IDENTITY } from "../testing/fake-pruntime.ts";
import { createLinkOpener, type PRuntimeLink } from "./pruntime-link.ts";

const READY: FromPRuntime = {
  type: "Ready",
  value: {
    pipeVersion: 2,
    identity: IDENTITY,
    boot: IDENTITY,
    bootEncryption: IDENTITY,
    provider: "simulated",
    head: { number: 0, hash: IDENTITY },
  },
};

const folder = mkdtempSync(join(tmpdir(), "pha-link-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let programs = 0;

/** Starts a program that writes `bytes` and then, unless told otherwise, reads its stdin to the end. */
function start(bytes: Uint8Array, then = "process.stdin.resume();") {
  const program = join(folder, `program-${++programs}.mjs`);
  const hex = Buffer.from(bytes).toString("hex");
  writeFileSync(program, `process.stdout.write(Buffer.from("${hex}", "hex")); ${then}`);
  const messages: FromPRuntime[] = [];
  let onMessage: () => void = () => {};
  let link: PRuntimeLink | undefined;
  const said = new Promise<void>((resolve) => {
    onMessage = resolve;
  });
  const ended = new Promise<string>((resolve) => {
    link = createLinkOpener(SILENT)(
      { name: "test", program, args: [] },
      {
        onMessage: (_, message) => {
          messages.push(message);
          onMessage();
        },
        onEnd: resolve,
      },
    );
  });
  return { link: link!, messages, said, ended };
}

describe("link to a pRuntime process", () => {
  it("carries frames and ends the process by closing its stdin", async () => {
    const { link, messages, said, ended } = start(frameOf(READY));
    await said;
    expect(messages).toEqual([READY]);
    link.close();
    expect(await ended).toBe("worker/stopped");
    expect(() => process.kill(link.pid, 0)).toThrow();
  });

  it("runs a launcher as it is, with its own arguments, and its end is the process's", async () => {
    const hex = Buffer.from(frameOf(READY)).toString("hex");
    const script = `process.stdout.write(Buffer.from(process.argv[1], "hex")); process.stdin.resume();`;
    const said: FromPRuntime[] = [];
    const args = ["-e", script, hex];
    const command = { name: "test", program: process.execPath, args, isLauncher: true };
    let link: PRuntimeLink | undefined;
    const ended = new Promise<string>((resolve) => {
      link = createLinkOpener(SILENT)(command, {
        onMessage: (_, message) => {
          said.push(message);
          link?.close();
        },
        onEnd: resolve,
      });
    });
    expect(await ended).toBe("worker/stopped");
    expect(said).toEqual([READY]);
    const missing = { ...command, program: "/nowhere/gramine-sgx" };
    const never = new Promise<string>((resolve) => {
      createLinkOpener(SILENT)(missing, { onMessage: () => {}, onEnd: resolve });
    });
    expect(await never).toBe("worker/not-started");
  });

  it("kills a process whose frame is oversized", async () => {
    const { messages, ended } = start(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 128));
    expect(await ended).toBe("pipe/frame-too-long");
    expect(messages).toEqual([]);
  });

  it("kills a process whose message does not decode", async () => {
    const { ended } = start(Uint8Array.of(6, 0, 0, 0, 128, 0, 0, 0, 0, 9));
    expect(await ended).toBe("pipe/malformed");
  });

  it("tells how a process ended, and gives it no environment of the host", async () => {
    expect(await start(new Uint8Array(0), "process.exit(7)").ended).toBe("worker/exited-7");
    process.env["PHA_LINK_TEST"] = "secret";
    const { ended } = start(new Uint8Array(0), "process.exit(process.env.PHA_LINK_TEST ? 1 : 2)");
    expect(await ended).toBe("worker/exited-2");
  });

  it("tells that a program could not be started at all", async () => {
    const { execPath } = process;
    process.execPath = "/nowhere/node";
    const { ended } = start(new Uint8Array(0));
    process.execPath = execPath;
    expect(await ended).toBe("worker/not-started");
  });

  it("kills a process that closed its end of the pipe", async () => {
    // Another file takes the number at once: Node aborts when one of its own finds itself there.
    const closing = 'fs.closeSync(0); fs.openSync("/dev/null"); setInterval(() => {}, 1_000);';
    const { link, said, ended } = start(
      frameOf(READY),
      `const fs = await import("node:fs"); ${closing}`,
    );
    await said;
    const writing = setInterval(() => link.send(new Uint8Array(1 << 16)), 5);
    expect(await ended).toBe("worker/pipe-broken");
    clearInterval(writing);
  });
});
