/** Warm call of an empty method in the JavaScript engine, against a plain call through the same machine's limit. */
import { join } from "node:path";
import { buildContract } from "@pha/contract/build";
import { blake2b256 } from "@pha/crypto";
import type { EngineResponse } from "@pha/pruntime/core";
import { createInProcessEngine } from "@pha/pruntime/engines";
import { utf8 } from "@pha/scale";
import { type Bench, median } from "./bench.ts";

const CALLS = 3_000;
const ID = blake2b256(utf8("bench"));
const ZERO = new Uint8Array(32);

export const contractCall: Bench = {
  id: "contract/warm-call",
  async run() {
    const root = process.env["PHA_ROOT"] ?? process.cwd();
    const built = await buildContract({
      entry: join(root, "bench", "src", "contracts", "empty.ts"),
      trusted: true,
    });
    if (!built.ok) throw new Error("the empty contract builds");
    let last: EngineResponse | undefined;
    const engine = createInProcessEngine((response) => {
      last = response;
    });
    engine.send({
      type: "load-contract",
      contract: ID,
      code: built.value.bytes,
      owner: ZERO,
      pseudonymKey: ZERO,
    });
    const call = (query: number): void =>
      engine.send({
        type: "query",
        query,
        block: { number: 1, timestampMs: 0n },
        call: {
          contract: ID,
          kind: "query",
          selector: blake2b256(utf8("nothing")).slice(0, 4),
          args: new Uint8Array(0),
          caller: ZERO,
          fuelLimit: 100_000_000n,
          seed: ZERO,
        },
      });
    const times: number[] = [];
    for (let i = 0; i < CALLS; i++) {
      const began = performance.now();
      call(i);
      times.push((performance.now() - began) * 1000);
    }
    if (last?.type !== "queried" || last.outcome.status !== "ok")
      throw new Error("the call succeeds");
    const copies: number[] = [];
    const memory = new Uint8Array(192 << 10);
    const target = new Uint8Array(192 << 10);
    for (let i = 0; i < 500; i++) {
      const began = performance.now();
      target.set(memory);
      copies.push((performance.now() - began) * 1000);
    }
    return [
      {
        id: "contract/warm-call",
        value: median(times.slice(CALLS / 2)),
        unit: "µs",
        better: "smaller",
        against: { name: "copying a snapshot of 192 KiB", value: median(copies) },
        samples: CALLS / 2,
        floor: 100,
        goal: 35,
      },
    ];
  },
};
