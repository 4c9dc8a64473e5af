/** The node as a process: how it starts, says that it is ready, and ends. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeProgram, rpc, startNodeProcess } from "./start-node.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-node-process-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program to its end. */
async function run(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const child = spawn(process.execPath, [await nodeProgram(), ...args], { stdio: "pipe" });
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
  });
  const code = await new Promise<number>((resolve) => {
    child.once("exit", (exit) => resolve(exit ?? -1));
  });
  return { code, stderr };
}

function configFile(config: unknown): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe("the node process", () => {
  test("ends in order on SIGTERM, with exit code 0", async () => {
    const node = await startNodeProcess();
    expect(await rpc(node.http, "system_chain")).toBe("Pha Development");
    expect(await node.stop()).toBe(0);
  });

  test("ends when its stdin closes, so that it does not outlive who started it", async () => {
    const config = configFile({ chain: "dev", authority: "//Alice", rpcPort: 0 });
    const child = spawn(process.execPath, [await nodeProgram(), "--config", config], {
      stdio: "pipe",
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const closedAt = Date.now();
    child.stdin.end();
    expect(await ended).toBe(0);
    expect(Date.now() - closedAt).toBeLessThan(5_000);
  });

  test("takes the next port when the one asked for is busy", async () => {
    const first = await startNodeProcess({ rpcPort: 19_944 });
    const second = await startNodeProcess({ rpcPort: Number(new URL(first.http).port) });
    expect(second.http).not.toBe(first.http);
    await first.stop();
    await second.stop();
  });

  test.each([
    ["no configuration", []],
    ["a file that is not there", ["--config", join(folder, "none.json")]],
  ])("refuses %s with exit code 2", async (_, args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ code: "config/unreadable" });
  });

  test.each([
    ["an unknown field", { chain: "dev", colour: "red" }],
    ["a port out of range", { chain: "dev", rpcPort: 70_000 }],
    ["another chain", { chain: "main" }],
    ["a list", []],
  ])("refuses %s in the configuration", async (_, config) => {
    const { code, stderr } = await run(["--config", configFile(config)]);
    expect(code).toBe(2);
    const { code: error, hint } = JSON.parse(stderr);
    expect(error).toBe("config/bad-field");
    expect(hint).toContain("rpcPort");
  });

  test("refuses the data of another chain", async () => {
    const dataDir = join(folder, "data");
    const node = await startNodeProcess({ dataDir });
    await node.stop();
    const config = configFile({
      chain: "dev",
      authority: "//Alice",
      rpcPort: 0,
      dataDir,
      devnet: {
        simulatedRoot: `0x${"01".repeat(32)}`,
        measurement: `0x${"02".repeat(32)}`,
        contracts: [],
      },
    });
    const { code, stderr } = await run(["--config", config]);
    expect(code).toBe(1);
    expect(stderr).toContain("database/other-chain");
  });
});
