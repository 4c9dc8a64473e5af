import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hostArguments, loadConfig, parseConfig } from "./config.ts";

const GOOD = {
  nodeUrl: "ws://127.0.0.1:9944",
  httpPort: 8080,
  operatorUri: "//Operator",
  pruntimes: [{ name: "worker-1", role: "worker", dataDir: "a", platformFile: "p" }],
  pruntimeProgram: "dist/pruntime.js",
};
const [ONE] = GOOD.pruntimes;

describe("configuration of a worker host", () => {
  it("is read as it is written", () => {
    expect(parseConfig(GOOD)).toMatchObject({ ok: true, value: { ...GOOD, peers: [] } });
    const channels = { ...GOOD, raTlsHost: "::", pruntimes: [{ ...ONE, raTlsPort: 9_443 }] };
    expect(parseConfig(channels)).toMatchObject({ value: channels });
    const tdQuoteUrl = "http://127.0.0.1:1/acc/tdquote";
    expect(parseConfig({ ...GOOD, tdQuoteUrl })).toMatchObject({ value: { tdQuoteUrl } });
    const peers = ["https://worker.example.org"];
    expect(parseConfig({ ...GOOD, peers })).toMatchObject({ ok: true, value: { peers } });
    expect(parseConfig({ ...GOOD, collateral: false })).toMatchObject({
      value: { collateral: false },
    });
    const collateral = { intelUrl: "https://pccs.example.org", families: ["00A067110000"] };
    expect(parseConfig({ ...GOOD, collateral })).toMatchObject({
      value: {
        collateral: {
          services: { intelUrl: collateral.intelUrl, amdUrl: "https://kdsintf.amd.com" },
          families: [Uint8Array.of(0, 0xa0, 0x67, 0x11, 0, 0)],
          everyMs: 21_600_000,
        },
      },
    });
  });

  it.each([
    ["an unknown field", { ...GOOD, typo: 1 }, "configuration has no field typo"],
    ["a wrong port", { ...GOOD, httpPort: 70_000 }, "httpPort is a port from 0 to 65535"],
    ["no pRuntime", { ...GOOD, pruntimes: [] }, "pruntimes is a list of 1 to 64"],
    ["HTTP as node", { ...GOOD, nodeUrl: "http://x" }, "nodeUrl starts with ws:// or wss://"],
    [
      "two secrets",
      { ...GOOD, operatorUriFile: "f" },
      "exactly one of operatorUri and operatorUriFile is given",
    ],
    ["a wrong role", { ...GOOD, pruntimes: [{ ...ONE, role: "x" }] }, "pruntimes[0].role"],
    ["a peer that is no URL", { ...GOOD, peers: ["ws://x"] }, "peers is a list"],
    ["too many peers", { ...GOOD, peers: Array(17).fill("http://x") }, "peers is a list"],
    ["one name twice", { ...GOOD, pruntimes: [ONE, ONE] }, "each pRuntime has its own name"],
    ["collateral of a file", { ...GOOD, collateral: { amdUrl: "file:///x" } }, "collateral.amdUrl"],
    ["no family", { ...GOOD, collateral: { families: ["12"] } }, "collateral.families is a list"],
    [
      "too many families",
      { ...GOOD, collateral: { families: Array(17).fill("00A067110000") } },
      "collateral.families has at most 16",
    ],
    ["no pause", { ...GOOD, collateral: { everyMinutes: 0 } }, "collateral.everyMinutes"],
    ["a metadata service of a file", { ...GOOD, tdQuoteUrl: "file:///x" }, "tdQuoteUrl is a URL"],
    ["a switch", { ...GOOD, collateral: true }, "collateral is an object"],
    [
      "a launcher that is no list",
      { ...GOOD, pruntimes: [{ ...ONE, launcher: "gramine-sgx" }] },
      "pruntimes[0].launcher is a list",
    ],
    [
      "a launcher of nothing",
      { ...GOOD, pruntimes: [{ ...ONE, launcher: [] }] },
      "pruntimes[0].launcher is a list",
    ],
    [
      "a launcher beside a platform file",
      { ...GOOD, pruntimes: [{ ...ONE, launcher: ["gramine-sgx"] }] },
      "pruntimes[0] has a launcher, which passes no platformFile",
    ],
    [
      "RA-TLS of a gatekeeper",
      { ...GOOD, pruntimes: [{ ...ONE, role: "gatekeeper", raTlsPort: 1 }] },
      "pruntimes[0].raTlsPort is of workers",
    ],
    [
      "a port of RA-TLS that is none",
      { ...GOOD, pruntimes: [{ ...ONE, raTlsPort: "443" }] },
      "pruntimes[0].raTlsPort is a port",
    ],
    ["a list", [], "configuration is an object"],
  ])("refuses %s", (_, json, reason) => {
    const parsed = parseConfig(json);
    expect(parsed).toMatchObject({ ok: false, error: { code: "worker-config/malformed" } });
    expect(!parsed.ok && parsed.error.reason).toContain(reason);
  });

  it("is given by one option, and another node for one run by a second", () => {
    expect(hostArguments(["--config", "host.json"])).toEqual({ config: "host.json" });
    const both = { config: "host.json", node: "ws://127.0.0.1:1" };
    expect(hostArguments(["--config", both.config, "--node", both.node])).toEqual(both);
    for (const args of [
      [],
      ["--config"],
      ["host.json"],
      ["--node", both.node],
      ["--config", "a", "--port", "1"],
    ])
      expect(() => hostArguments(args)).toThrow(
        expect.objectContaining({ code: "worker-config/missing" }),
      );
  });

  it("is refused by its path when it cannot be read, is no JSON, or is wrong", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pha-worker-config-"));
    const path = join(folder, "host.json");
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: "worker-config/unreadable",
      facts: { path },
      cause: { code: "ENOENT" },
    });
    writeFileSync(path, "{");
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: "worker-config/unreadable",
      cause: { name: "SyntaxError" },
    });
    writeFileSync(path, JSON.stringify({ ...GOOD, httpPort: -1 }));
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: "worker-config/malformed",
      facts: { path },
    });
    writeFileSync(path, JSON.stringify(GOOD));
    expect((await loadConfig(path)).nodeUrl).toBe(GOOD.nodeUrl);
    expect((await loadConfig(path, "wss://other")).nodeUrl).toBe("wss://other");
    await expect(loadConfig(path, "http://other")).rejects.toMatchObject({
      code: "worker-config/malformed",
    });
    rmSync(folder, { recursive: true });
  });
});
