/**
 * An audited cluster: its contracts declare a key, the replicas seal what it takes to it, and who holds the key runs the
 * history again. Nobody else can, and everybody sees that somebody may.
 */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DevnetProcess, devnetDist, root, runPha, startDevnet } from "./start-devnet.ts";

const EXIT = { ok: 0, notAuthorised: 5, rejected: 7, precondition: 9 };
const folder = mkdtempSync(join(tmpdir(), "pha-e2e-audit-"));
const secret = join(folder, "auditor.secret");
let dist: string;
let auditKey: string;
let devnet: DevnetProcess;

beforeAll(async () => {
  const programs = await devnetDist();
  const made = await runPha(["audit", "key", secret, "--json"], { folder });
  expect(made.code, made.stderr).toBe(EXIT.ok);
  auditKey = String(made.json()["auditKey"]);
  // The same programs, and a devnet whose one contract declares the key.
  dist = mkdtempSync(join(programs, "e2e-audited-"));
  for (const file of readdirSync(programs))
    if (/^[^.].*\.(js|mjs|cache)$/.test(file)) copyFileSync(join(programs, file), join(dist, file));
  const source = readFileSync(join(root, "contracts", "counter", "src", "counter.ts"), "utf8");
  const declared = source.replace("state: {", `auditKey: "${auditKey}",\n  state: {`);
  writeFileSync(join(folder, "counter.ts"), declared);
  mkdirSync(join(dist, "contracts"));
  const entry = join(folder, "counter.ts");
  const built = await runPha(["build", entry, "--out", join(dist, "contracts")], { folder });
  expect(built.code, built.stderr).toBe(EXIT.ok);
  devnet = await startDevnet({ dist });
});

afterAll(async () => {
  await devnet?.cleanUp();
  rmSync(folder, { recursive: true, force: true });
  if (dist) rmSync(dist, { recursive: true, force: true });
});

test("the secret is in a file of its owner alone, and is never written over", async () => {
  expect(statSync(secret).mode & 0o777).toBe(0o600);
  const again = await devnet.pha("audit", "key", secret, "--json");
  expect(again.json()["error"]).toMatchObject({ code: "usage/file-not-written" });
});

test("a history of commands runs again to the roots on chain, with the measured engine", async () => {
  for (const [n, from] of [
    [5, "alice"],
    [7, "bob"],
    [2, "alice"],
  ]) {
    const called = await devnet.pha("call", "counter", "add", `{"n": ${n}}`, "--from", `${from}`);
    expect(called.code, called.stderr).toBe(EXIT.ok);
    expect(called.stderr).toContain(`AUDITED: the holder of ${auditKey}`);
  }
  const steps = await devnet.pha("audit", "steps", "counter", "--json");
  expect(steps.code, steps.stderr).toBe(EXIT.ok);
  const replayed = await devnet.pha("audit", "replay", "counter", "--key", secret, "--json");
  expect(replayed.code, replayed.stderr + replayed.stdout).toBe(EXIT.ok);
  expect(replayed.json()).toMatchObject({ from: 0, commands: 3, unopened: 0 });
  const part = await devnet.pha("audit", "replay", "counter", "--key", secret, "--from", "2");
  expect(part.code, part.stderr).toBe(EXIT.ok);
  expect(part.stdout).toContain("ran again");
});

test("another key is refused, and so is a contract that would be in the cluster unaudited", async () => {
  const other = join(folder, "other.secret");
  await devnet.pha("audit", "key", other);
  const refused = await devnet.pha("audit", "replay", "counter", "--key", other, "--json");
  expect(refused.json()["error"]).toMatchObject({ code: "audit/wrong-key" });
  expect(refused.code).toBe(EXIT.notAuthorised);
  const plain = join(await devnetDist(), "contracts", "analytics.pha.json");
  const deployed = await devnet.pha("deploy", plain, "--from", "bob", "--json");
  expect(deployed.code).toBe(EXIT.rejected);
  expect(deployed.stdout).toContain("OtherAuditKey");
});

test("everybody sees that the cluster is audited", async () => {
  const verified = await devnet.pha("verify", "counter", "--allow-simulated", "--json");
  expect(verified.code, verified.stderr).toBe(EXIT.ok);
  expect(verified.stdout).toContain("AUDITED");
  expect(verified.stdout).toContain(auditKey);
});
