/** How long blocks take to be final in a well network of simulated validators. */
import { bytesKey } from "@pha/consensus";
import type { Scenario } from "./scenario.ts";
import { slotOf } from "./sim-blocks.ts";
import type { SimNode } from "./sim-node.ts";
import { SimWorld } from "./sim-world.ts";

export interface DelayInput {
  readonly validators: number;
  /** Time of a message from one validator to another in virtual milliseconds; half of a round trip. */
  readonly oneWayMs: number;
  readonly slots: number;
}

class TimedWorld extends SimWorld {
  /** Of each block at each validator, in slots since the beginning of its own. */
  readonly delays: number[] = [];

  override onFinalized(node: SimNode, before: number): void {
    super.onFinalized(node, before);
    for (const { hash } of node.disk.finalized.slice(before + 1)) {
      const header = node.disk.headers.get(bytesKey(hash));
      if (header) this.delays.push(this.nowMs / this.scenario.slotMs - slotOf(header));
    }
  }
}

/** Seeded by the numbers given; the same delays in every run. */
export function finalityDelays({ validators, oneWayMs, slots }: DelayInput): readonly number[] {
  const scenario: Scenario = {
    seed: validators,
    validators,
    equivocators: [],
    silent: [],
    observers: 0,
    slotMs: 1_000,
    faultySlots: slots,
    latencyMs: [oneWayMs, oneWayMs],
    loss: 0,
    duplication: 0,
    late: 0,
    lateMs: 0,
    partition: 0,
    crash: 0,
    skewMs: 0,
    skewPercent: 0,
    changeEvery: 1_000,
    fork: 0,
    realSignatures: false,
  };
  const world = new TimedWorld(scenario, undefined);
  world.run();
  return world.delays;
}
