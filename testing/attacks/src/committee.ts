/** Gatekeepers of a test chain whose seats a scenario plays. */
import type { Generation } from "@pha/protocol";
import {
  generationOf,
  type PhaChain,
  registerCall,
  startPhaChain,
  type TestSeat,
  testBoot,
  testSeat,
} from "@pha/runtime/testing";

const OPERATORS = ["//Operator", "//Alice", "//Bob"] as const;

/** A chain at the begin of its first run; nobody has said anything yet. */
export function committee(count: number): {
  readonly chain: PhaChain;
  readonly seats: readonly TestSeat[];
} {
  const uris = OPERATORS.slice(0, count);
  const chain = startPhaChain({ gatekeeperOperators: uris }, { phaseBlocks: 4 });
  chain.block();
  const seats = uris.map((_, i) => testSeat(testBoot(20 + i, "Gatekeeper")));
  for (const [i, uri] of uris.entries()) {
    const boot = seats[i]?.boot;
    if (boot === undefined) throw new Error("each operator has a seat");
    const sent = chain.send(registerCall(chain, boot, { operator: chain.account(uri) }), uri);
    if (!sent.ok) throw new Error(`a gatekeeper registers: ${sent.error}`);
  }
  return { chain, seats };
}

/** Of its seat in the run. */
export function seatNumber(seats: readonly TestSeat[], seat: TestSeat): number {
  return seats.indexOf(seat);
}

/** The first one. */
export function activeGeneration(chain: PhaChain): Generation {
  return generationOf(chain);
}
