import { describe, expect, it } from "vitest";
import { parseConfig } from "./config.ts";

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
    expect(parseConfig(GOOD)).toMatchObject({ ok: true, value: GOOD });
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
    ["one name twice", { ...GOOD, pruntimes: [ONE, ONE] }, "each pRuntime has its own name"],
    ["a list", [], "configuration is an object"],
  ])("refuses %s", (_, json, reason) => {
    const parsed = parseConfig(json);
    expect(parsed).toMatchObject({ ok: false, error: { code: "worker-config/malformed" } });
    expect(!parsed.ok && parsed.error.reason).toContain(reason);
  });
});
