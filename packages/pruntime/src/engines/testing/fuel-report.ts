/** Prints result and fuel of every program as JSON, to be compared between compilers, processes and stack sizes. */
import { createJavascriptEngine } from "../javascript/javascript-engine.ts";
import { callProbe, ID, probeCode } from "./probe.ts";
import { DEEP_PROGRAMS, FUEL_PROGRAMS } from "./programs.ts";
import { randomProgram } from "./random-program.ts";

const RANDOM_PROGRAMS = Number(process.argv[2] ?? 60);
const bodies = [
  ...FUEL_PROGRAMS.map(({ body }) => body),
  ...Object.values(DEEP_PROGRAMS),
  "throw new Error(String(0.1 + 0.2))",
  ...Array.from({ length: RANDOM_PROGRAMS }, (_, seed) => randomProgram(seed)),
];
const engine = createJavascriptEngine();
const report = bodies.map((body) => {
  const loaded = engine.load({ id: ID, code: probeCode(body) });
  const result = loaded.ok ? callProbe(engine, { fuel: 100_000_000n }) : loaded.error;
  const output = "output" in result ? Buffer.from(result.output).toString("hex") : undefined;
  return {
    ...result,
    output,
    fuelUsed: "fuelUsed" in result ? `${result.fuelUsed}` : undefined,
    snapshot: engine.snapshotHash(ID),
  };
});
process.stdout.write(JSON.stringify(report));
