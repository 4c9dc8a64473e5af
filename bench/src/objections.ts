/** Checker of a bench report: no figure stands without machine, samples and what it is measured against. */
import { finish } from "./bench.ts";

const LEAST_SAMPLES = 3;

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a report; empty when nothing is. Ratios and verdicts are computed anew. */
export function objectionsTo(report: unknown): readonly string[] {
  if (!isFields(report) || !Array.isArray(report["results"])) return ["the report has no results"];
  const { machine, results } = report;
  const wrong = isMachine(machine) ? [] : ["the report does not name its machine"];
  const ids = new Set<unknown>();
  for (const result of results) {
    const id = isFields(result) ? String(result["id"]) : "a result";
    if (ids.has(id)) wrong.push(`${id}: twice`);
    ids.add(id);
    const own = isFields(result) ? objectionsToResult(result) : ["is no object"];
    wrong.push(...own.map((text) => `${id}: ${text}`));
  }
  return wrong;
}

function objectionsToResult(result: Fields): readonly string[] {
  const { id, value, unit, better, against, samples, floor, goal } = result;
  const wrong: string[] = [];
  if (!isText(id) || !isText(unit)) wrong.push("has no id or unit");
  if (!isNumber(value)) return [...wrong, "has no value"];
  if (!isNumber(samples) || samples < LEAST_SAMPLES)
    wrong.push(`fewer than ${LEAST_SAMPLES} samples`);
  if (!isFields(against) || !isText(against["name"]) || !isNumber(against["value"]))
    return [...wrong, "measured against nothing"];
  if (!isNumber(floor) || !isNumber(goal) || (better !== "larger" && better !== "smaller"))
    return [...wrong, "has no floor, goal or direction"];
  const again = finish({
    id: String(id),
    value,
    unit: String(unit),
    better,
    against: { name: against["name"], value: against["value"] },
    samples: Number(samples),
    floor,
    goal,
  });
  if (!isNumber(result["ratio"]) || Math.abs(result["ratio"] - again.ratio) > 1e-9 * again.ratio)
    wrong.push("the ratio is another");
  if (result["meetsFloor"] !== again.meetsFloor || result["meetsGoal"] !== again.meetsGoal)
    wrong.push("the verdict is another");
  return wrong;
}

function isMachine(value: unknown): boolean {
  return (
    isFields(value) &&
    isText(value["cpu"]) &&
    isText(value["node"]) &&
    isNumber(value["cores"]) &&
    isNumber(value["memoryGiB"])
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
