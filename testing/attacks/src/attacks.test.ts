import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Attack, Outcome } from "./attack.ts";
import { weakened } from "./weakened.ts";

/** Its packages are bundled, and whole networks run twice. */
const TIMEOUT_MS = 180_000;
const FOLDER = join(import.meta.dirname, "scenarios");
const scenarios = readdirSync(FOLDER).filter((file) => file.endsWith(".ts"));

interface Row {
  readonly name: string;
  readonly rule: string;
  weak: Outcome | undefined;
  ours: Outcome | undefined;
}
const card: Row[] = [];

test("there are scenarios", () => {
  expect(scenarios.length).toBeGreaterThanOrEqual(40);
});

describe.each(scenarios)("%s", (file) => {
  test(
    "succeeds without the rule that it is about, and fails with it",
    async () => {
      const path = join(FOLDER, file);
      const { attack }: { attack: Attack } = await import(path);
      const row: Row = { name: attack.name, rule: attack.rule, weak: undefined, ours: undefined };
      card.push(row);
      const weak = await weakened(path, attack);
      row.weak = await weak.attempt();
      expect(row.weak, "against the weakened build").toMatchObject({ succeeded: true });
      row.ours = await attack.attempt();
      expect(row.ours, "against ours").toMatchObject({ succeeded: false });
      expect(row.ours.says).not.toBe(row.weak.says);
    },
    TIMEOUT_MS,
  );
});

test("a weakness whose text is gone, or there twice, is an error of the scenario", async () => {
  const [first = ""] = scenarios;
  const path = join(FOLDER, first);
  const { attack }: { attack: Attack } = await import(path);
  const file = attack.weaknesses[0]?.file ?? "";
  for (const text of ["no such text is anywhere", "import"]) {
    const broken = { ...attack, weaknesses: [{ file, text, instead: "" }] };
    await expect(weakened(path, broken)).rejects.toThrow(/once is needed/);
  }
  const foreign = { file: "packages/node/src/main.ts", text: "x", instead: "" };
  await expect(weakened(path, { ...attack, weaknesses: [foreign] })).rejects.toThrow(
    /does not use/,
  );
});

afterAll(() => {
  const verdict = (outcome: Outcome | undefined, wanted: boolean): string =>
    outcome === undefined ? "not tried" : outcome.succeeded === wanted ? "as it must" : "WRONG";
  const lines = card
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ name, rule, weak, ours }) =>
      [
        name,
        `  rule      ${rule}`,
        `  without   ${verdict(weak, true)}: ${weak?.says ?? ""}`,
        `  ours      ${verdict(ours, false)}: ${ours?.says ?? ""}`,
      ].join("\n"),
    );
  const held = card.filter(({ weak, ours }) => weak?.succeeded && ours?.succeeded === false);
  process.stdout.write(`\n${lines.join("\n")}\n\n${held.length} of ${card.length} attacks held\n`);
});
