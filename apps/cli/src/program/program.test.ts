import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AbiEntry } from "@pha/contract";
import { PhaError } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { parsePha } from "../commands/account.ts";
import { readDevnetFile, removeDevnetFile, writeDevnetFile } from "../devnet/devnet-file.ts";
import { freePort } from "../devnet/free-port.ts";
import { keepPrinted } from "../testing/printed.ts";
import { argumentsOf } from "./arguments.ts";
import { exitCodeOf } from "./exit-code.ts";
import { signerOf } from "./network.ts";
import { createOutput, reportError, toJson } from "./output.ts";
import { runProgram } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "pha-cli-test-"));
const printed = keepPrinted();

describe("exit codes", () => {
  test.each([
    ["usage/no-file", 2],
    ["abi/unknown-method", 2],
    ["account/unknown", 2],
    ["config/other-build", 3],
    ["rpc/unreachable", 4],
    ["worker/none-reachable", 4],
    ["certificate/expired", 5],
    ["light/refused", 6],
    ["answer/rolled-back", 6],
    ["verify/simulated", 6],
    ["chain/other-network", 6],
    ["reply/other-blob", 6],
    ["reply/blob-missing", 9],
    ["contract/failed", 7],
    ["chain/dispatch-failed", 7],
    ["artefact/wrong-hash", 7],
    ["rpc/timed-out", 8],
    ["command/no-reply", 8],
    ["command/reply-too-large", 7],
    ["provider/none", 9],
    ["devnet/none-running", 9],
    ["devnet/already-running", 9],
    ["contract/unknown", 9],
    ["chain/bad-metadata", 9],
    ["chain/unknown-call", 9],
    ["worker/malformed", 9],
    ["something/else", 1],
  ])("%s ends with %d", (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });
});

describe("arguments", () => {
  const entry: AbiEntry = {
    docs: "",
    args: { struct: [["n", "u64"]] },
    returns: "u64",
  } as unknown as AbiEntry;

  test("are one JSON object, on the line or in a file", async () => {
    const file = join(folder, "args.json");
    writeFileSync(file, '{"n": 7}');
    expect(await argumentsOf(entry, '{"n": 5}')).toEqual({ n: 5n });
    expect(await argumentsOf(entry, `@${file}`)).toEqual({ n: 7n });
  });

  test.each([
    ["{", "usage/not-json"],
    ["@/no/such/file", "usage/no-file"],
  ])("%s gives %s with an example", async (text, code) => {
    await expect(argumentsOf(entry, text)).rejects.toMatchObject({ code });
  });

  test("of another type are refused with the place", async () => {
    await expect(argumentsOf(entry, '{"n": "many"}')).rejects.toMatchObject({
      message: expect.stringContaining("args.n"),
    });
  });
});

describe("output", () => {
  test("JSON has decimal numbers, text for what does not fit, and hex for bytes", () => {
    expect(JSON.parse(toJson({ a: 5n, b: 1n << 64n, c: Uint8Array.of(1, 255) }))).toEqual({
      a: 5,
      b: "18446744073709551616",
      c: "0x01ff",
    });
  });

  test("an error is one document on stdout, and code, cause and fix on stderr", () => {
    const output = createOutput({ json: true, quiet: false });
    const cause = new Error("the reason");
    reportError(new PhaError("usage/no-file", "no file", { cause, hint: "give one" }), output);
    expect(JSON.parse(printed.stdout)).toEqual({
      error: { code: "usage/no-file", message: "no file", hint: "give one", facts: {} },
    });
    expect(printed.stderr).toContain("usage/no-file");
    expect(printed.stderr).toContain("the reason");
    expect(printed.stderr).toContain("give one");
    expect(process.exitCode).toBe(2);
  });

  test("an error after a result adds no second document", () => {
    const output = createOutput({ json: true, quiet: true });
    output.result({ ok: false }, []);
    reportError(new PhaError("verify/not-trusted", "no", { hint: "stop" }), output);
    expect(JSON.parse(printed.stdout)).toEqual({ ok: false });
    expect(process.exitCode).toBe(6);
  });

  test("what is not ours is a defect, code 1", () => {
    reportError(new TypeError("oops"), createOutput({ json: true, quiet: true }));
    expect(JSON.parse(printed.stdout).error.code).toBe("cli/unexpected");
    expect(process.exitCode).toBe(1);
  });

  test("progress is for people, and silent with --quiet", () => {
    createOutput({ json: true, quiet: true }).progress("working");
    expect(printed.stderr).toBe("");
    createOutput({ json: true, quiet: false }).progress("working");
    expect(printed.stderr).toBe("working\n");
    expect(printed.stdout).toBe("");
  });
});

describe("the program", () => {
  test.each([
    [["account", "list", "--nope"], "usage/bad-arguments"],
    [["no-such-command"], "usage/bad-arguments"],
    [["build"], "usage/bad-arguments"],
  ])("pha %j --json ends with 2 and one document", async (args, code) => {
    await runProgram(["node", "pha", ...args, "--json"]);
    expect(JSON.parse(printed.stdout).error.code).toBe(code);
    expect(process.exitCode).toBe(2);
  });

  test("a mistyped command gets the nearest one", async () => {
    await runProgram(["node", "pha", "stauts"]);
    expect(printed.stderr).toContain("status");
    expect(process.exitCode).toBe(2);
  });

  test("account list gives the test accounts as JSON", async () => {
    await runProgram(["node", "pha", "account", "list", "--json"]);
    expect(JSON.parse(printed.stdout)[0]).toMatchObject({ name: "alice", secretUri: "//Alice" });
  });

  test("account new keeps its secret unless asked", async () => {
    await runProgram(["node", "pha", "account", "new", "--json"]);
    expect(Object.keys(JSON.parse(printed.stdout))).toEqual(["address"]);
  });
});

describe("accounts", () => {
  test("amounts are decimal PHA above zero", () => {
    expect(parsePha("12.5")).toBe(12_500_000_000_000n);
    expect(parsePha("0.000000000001")).toBe(1n);
    for (const text of ["", "0", "0.0", "-1", "1e3", "1.0000000000001", "1234567890123"])
      expect(() => parsePha(text), text).toThrow(
        expect.objectContaining({ code: "usage/bad-amount" }),
      );
  });

  test("are named as on devnets, or by a development URI", () => {
    expect(signerOf("alice").address).toBe(signerOf("//Alice").address);
    expect(signerOf("//Someone//else").address).not.toBe(signerOf("alice").address);
    expect(() => signerOf("nobody")).toThrow(expect.objectContaining({ code: "account/unknown" }));
  });
});

describe("the devnet's file", () => {
  const content = {
    ready: true,
    pid: process.pid,
    rpc: { ws: "ws://127.0.0.1:1", http: "http://127.0.0.1:1" },
    workers: [],
    console: null,
    collector: null,
    site: null,
    accounts: [],
    contracts: [],
    genesis: "0x00",
    peers: [],
  } as const;

  test("is read while its devnet runs, and removed by its own devnet only", async () => {
    const path = join(folder, ".pha", "devnet.json");
    await writeDevnetFile(path, content);
    expect(await readDevnetFile(path)).toEqual(content);
    await writeDevnetFile(path, { ...content, pid: 1 });
    await removeDevnetFile(path);
    expect((await readDevnetFile(path)).pid).toBe(1);
    await writeDevnetFile(path, { ...content, pid: 2 ** 22 + 1 });
    await expect(readDevnetFile(path)).rejects.toMatchObject({ code: "devnet/none-running" });
    rmSync(folder, { recursive: true, force: true });
    await expect(readDevnetFile(path)).rejects.toMatchObject({ code: "devnet/none-running" });
  });
});

describe("ports", () => {
  test("a busy one is stepped over; 0 is any free one", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await freePort(port)).toBeGreaterThan(port);
    expect(await freePort(0)).toBeGreaterThan(0);
    await new Promise((resolve) => server.close(resolve));
  });
});
