import { STORAGE } from "@pha/protocol";
import { encode } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { keepPrinted } from "../testing/printed.ts";
import { contractOf } from "./contract.ts";
import type { Network } from "./network.ts";
import { runProgram } from "./program.ts";

const printed = keepPrinted();

const REPORT_DATA = `0x${"00".repeat(64)}`;
/** Nobody listens there: a usage error comes before any attempt to connect. */
const NOWHERE = ["--url", "ws://127.0.0.1:1"];

test.each<readonly [code: string, args: readonly string[]]>([
  ["usage/bad-genesis", ["status", "--genesis", "0x12", ...NOWHERE]],
  ["usage/bad-genesis", ["verify", "counter", "--genesis", "devnet", ...NOWHERE]],
  ["usage/bad-number", ["status", "--timeout", "soon", ...NOWHERE]],
  ["usage/bad-number", ["status", "--timeout", "0", ...NOWHERE]],
  ["usage/bad-number", ["status", "--timeout", "3601", ...NOWHERE]],
  ["usage/bad-number", ["call", "counter", "add", "{}", "--fuel", "much", ...NOWHERE]],
  ["usage/bad-number", ["call", "counter", "add", "{}", "--fuel", "0", ...NOWHERE]],
  ["usage/bad-number", ["call", "counter", "add", "{}", "--fuel", `${1n << 64n}`, ...NOWHERE]],
  ["usage/bad-number", ["query", "counter", "value", "--agree", "0", ...NOWHERE]],
  ["usage/bad-number", ["query", "counter", "value", "--agree", "1.5", ...NOWHERE]],
  ["usage/bad-number", ["logs", "counter", "--tail", "0", ...NOWHERE]],
  ["usage/bad-number", ["logs", "counter", "--tail", "129", ...NOWHERE]],
  ["usage/bad-number", ["logs", "counter", "--tail", "all", ...NOWHERE]],
  ["usage/bad-address", ["query", "counter", "value", "--ra-tls", "worker-1", ...NOWHERE]],
  ["usage/bad-address", ["verify", "worker", "worker-1", "--ra-tls", "worker-1:", ...NOWHERE]],
  [
    "usage/one-worker",
    ["query", "counter", "value", "--ra-tls", "worker-1:9443", "--agree", "2", ...NOWHERE],
  ],
  ["usage/bad-audit-key", ["audit", "replay", "counter", "--key", "package.json", ...NOWHERE]],
  ["usage/no-file", ["audit", "replay", "counter", "--key", "no-such.secret", ...NOWHERE]],
  ["usage/bad-step", ["audit", "replay", "counter", "--key", "any", "--to", "last", ...NOWHERE]],
  ["usage/bad-genesis", ["receipt", "any.receipt", "--genesis", "0x12"]],
  ["usage/bad-measurement", ["verify", "counter", "--measurement", "devnet", ...NOWHERE]],
  ["usage/bad-report-data", ["verify", "evidence", "any", "--report-data", "0x12"]],
  ["usage/no-file", ["verify", "evidence", "no-such.evidence", "--report-data", REPORT_DATA]],
  ["usage/too-long", ["verify", "evidence", process.execPath, "--report-data", REPORT_DATA]],
  ["usage/no-folder", ["verify", "vectors", "no-such-folder"]],
  ["usage/no-checkout", ["verify", "vectors", "."]],
  ["usage/no-file", ["receipt", "no-such.receipt", "--genesis", `0x${"00".repeat(32)}`]],
  ["usage/bad-term", ["gatekeeper", "payout", "alice", "-1", ...NOWHERE]],
  [
    "usage/bad-label",
    [
      ...["gatekeeper", "approve", "alice", "--entity", "", "--provider", "one"],
      ...["--vendor", "one", "--line", "one", ...NOWHERE],
    ],
  ],
  ["usage/bad-cluster", ["deploy", "any.pha.json", "--cluster", "0x12", ...NOWHERE]],
  ["usage/bad-port", ["dev", "--port", "65536"]],
  ["usage/bad-port", ["dev", "--site-port", "x"]],
  ["usage/bad-port", ["analytics", "collect", "analytics", "--port", "-1"]],
  ["usage/bad-origin", ["analytics", "collect", "analytics", "--origin", "https://a.example/x"]],
  ["usage/bad-port", ["dev", "--worker-port", "http"]],
  ["usage/bad-port", ["node", "--rpc-port", "-1"]],
  ["usage/bad-port", ["node", "--ws-port", "x"]],
  ["usage/bad-gatekeepers", ["dev", "--gatekeepers", "0"]],
  ["usage/bad-gatekeepers", ["dev", "--gatekeepers", "many"]],
  ["usage/bad-workers", ["dev", "--workers", "2"]],
  ["usage/bad-workers", ["dev", "--workers", "17"]],
  ["usage/bad-cluster", ["gatekeeper", "give-up", "0x12", ...NOWHERE]],
  ["usage/too-many-operators", ["gatekeeper", "operators", ...Array(32).fill("bob"), ...NOWHERE]],
  ["usage/bad-measurement", ["policy", "allow", "0x12", ...NOWHERE]],
  ["usage/bad-version", ["policy", "min-version", "1.2", ...NOWHERE]],
  ["usage/bad-version", ["policy", "min-version", "1.256.0", ...NOWHERE]],
  ["usage/bad-number", ["policy", "min-version", "1.2.3", "--grace", "-1", ...NOWHERE]],
  ["usage/bad-number", ["policy", "min-version", "1.2.3", "--grace", "201601", ...NOWHERE]],
  ["usage/bad-number", ["worker", "upgrade", "w.json", "--program", "p.js", "--wait", "-1"]],
  ["usage/bad-maker", ["drill", "vendor-broken", "AMD", ...NOWHERE]],
  ["usage/bad-number", ["drill", "vendor-broken", "amd", "--wait", "0", ...NOWHERE]],
  ["usage/bad-version", ["drill", "vendor-broken", "amd", "--min-version", "2", ...NOWHERE]],
  ["usage/bad-dev-key", ["node", "--dev-key", "bottom drive obey"]],
  ["usage/bad-chain", ["node", "--chain", "main"]],
  ["usage/bad-log-level", ["node", "--log", "loud"]],
  ["usage/bad-pruning", ["node", "--pruning", "0"]],
  ["usage/bad-pruning", ["node", "--pruning", "archive-canonical"]],
  ["usage/bad-telemetry", ["node", "--telemetry", "https://telemetry.example.org"]],
  ["usage/bad-preset", ["chain-spec", "build", "--preset", "main"]],
  ["usage/bad-validators", ["chain-spec", "build", "--preset", "testnet"]],
  ["usage/bad-key-type", ["key", "insert", "any.secret", "--type", "aura"]],
  ["usage/no-file", ["key", "insert", "no-such.secret"]],
  ["usage/bad-commission", ["validator", "validate", "--commission", "100.1", ...NOWHERE]],
  ["usage/bad-commission", ["validator", "validate", "--commission", "all", ...NOWHERE]],
  ["usage/too-many-targets", ["validator", "nominate", ...Array(17).fill("bob"), ...NOWHERE]],
  ["usage/bad-validators", ["chain-spec", "build", "--validators", "some.json"]],
])("%s: pha %j", async (code, args) => {
  await runProgram(["node", "pha", ...args, "--json"]);
  const { error } = JSON.parse(printed.stdout);
  expect(error.code).toBe(code);
  expect(error.hint).not.toBe("");
  expect(error.hint).not.toBe(error.message);
  expect(process.exitCode).toBe(2);
});

describe("a contract", () => {
  const address = `0x${"11".repeat(32)}`;
  /** A network whose chain holds this code under the contract. */
  const networkOf = (code: Uint8Array | undefined): Network => ({
    client: {
      chain: {
        read: async ({ value }: { readonly value: unknown }) =>
          value === STORAGE.contract.value ? { codeHash: new Uint8Array(32) } : code,
      },
    } as never,
    devnet: {
      ready: true,
      pid: 1,
      rpc: { ws: "", http: "" },
      workers: [],
      console: null,
      collector: null,
      site: null,
      accounts: [],
      contracts: [{ name: "counter", address }],
      genesis: "",
      peers: [],
    },
  });

  test.each([
    [""],
    ["no-such-contract"],
    ["0x12"],
  ])("is named or an address, not %j", async (text) => {
    await expect(contractOf(networkOf(undefined), text)).rejects.toMatchObject({
      code: "usage/bad-contract",
      hint: expect.stringContaining("counter"),
    });
  });

  test.each([
    ["is not there", undefined],
    ["is no artefact", encode(STORAGE.code.value, new Uint8Array(3))],
  ])("whose code %s has no ABI to call it by", async (_, code) => {
    await expect(contractOf(networkOf(code), "counter")).rejects.toMatchObject({
      code: "contract/no-abi",
    });
  });
});
