import { readdir } from "node:fs/promises";
import type { WeightTable } from "@pha/frame";
import { expect, test } from "vitest";
import { developmentPreset } from "./presets.ts";

const { runtime } = developmentPreset();

/** `PhalaMq` → `phala-mq`. */
function folderOf(pallet: string): string {
  return pallet.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

test("every call of every pallet has a measured weight in its pallet's table", async () => {
  const folders = new Set(await readdir(import.meta.dirname));
  const missing: string[] = [];
  for (const entry of runtime.tables.pallets) {
    if (entry.callsByName.size === 0) continue;
    const folder = folderOf(entry.pallet.name);
    expect(folders.has(folder), `${folder} holds ${entry.pallet.name}`).toBe(true);
    const { WEIGHTS }: { WEIGHTS: WeightTable } = await import(`./${folder}/weights.ts`);
    expect(WEIGHTS.measured.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(WEIGHTS.measured.machine.length).toBeGreaterThan(5);
    for (const name of entry.callsByName.keys()) {
      // Calls that share their own work share an entry: a batch is a batch.
      const known = [name, name.replace(/^(force_batch|batch_all)$/, "batch"), ALIASES[name]];
      if (!known.some((one) => one !== undefined && WEIGHTS[one] !== undefined))
        missing.push(`${entry.pallet.name}.${name}`);
    }
  }
  expect(missing).toEqual([]);
});

const ALIASES: Readonly<Record<string, string>> = {
  set_code_without_checks: "set_code",
  apply_authorized_upgrade: "set_code",
  authorize_upgrade_without_checks: "authorize_upgrade",
  sudo_as: "sudo",
  force_no_eras: "force_eras",
  force_new_era: "force_eras",
  force_new_era_always: "force_eras",
  payout_stakers_by_page: "payout_stakers",
};

test("a weight is never zero, and fits a block", () => {
  const env = runtime.env({
    kept: new Map(),
    get: () => undefined,
    put: () => undefined,
    begin: () => undefined,
    commit: () => undefined,
    rollback: () => undefined,
    clearPrefix: () => undefined,
    keys: () => [],
  });
  for (const call of [
    runtime.tx.System.remark({ remark: new Uint8Array() }),
    runtime.tx.Utility.batch({ calls: [] }),
    runtime.tx.Balances.burn({ value: 1n, keepAlive: true }),
  ]) {
    const { weight } = env.infoOf(call);
    expect(weight.refTime).toBeGreaterThan(1_000_000n);
    expect(weight.refTime).toBeLessThan(300_000_000_000n);
  }
});
