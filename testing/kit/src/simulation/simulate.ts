/** Runs the scenario of a seed to its end, or to the step that breaks an invariant. */
import { Violation } from "./invariants.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { type FaultCounts, type Scenario, scenarioOf } from "./scenario.ts";
import { SimWorld } from "./sim-world.ts";

export interface SimulationResult {
  readonly scenario: Scenario;
  /** `undefined`: every invariant held. */
  readonly violation: Violation | undefined;
  readonly counts: FaultCounts;
  /** Of everything that happened; equal for equal seeds. */
  readonly digest: string;
  readonly events: number;
  /** Greatest finalized height. */
  readonly finalized: number;
  readonly equivocationsSeen: number;
}

export function simulate(seed: number, bug?: PlantedBug): SimulationResult {
  const scenario = scenarioOf(seed);
  const world = new SimWorld(scenario, bug);
  let violation: Violation | undefined;
  try {
    world.run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    violation = error;
  }
  return {
    scenario,
    violation,
    counts: world.counts,
    digest: world.trace.digest(),
    events: world.trace.events,
    finalized: world.invariants.highest,
    equivocationsSeen: world.equivocationsSeen,
  };
}
