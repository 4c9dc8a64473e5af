/** A chain on which gatekeepers are elected: accounts with funds, labels, gatekeepers; calls without fees. */
import { type Call, type DispatchError, type Origin, ROOT, signedBy } from "@pha/frame";
import { assert, equalBytes } from "@pha/scale";
import { Balances } from "../balances/index.ts";
import { PHA } from "../parameters.ts";
import { PhaGatekeeperStake } from "../pha-gatekeeper-stake/index.ts";
import { PhaGatekeepers } from "../pha-gatekeepers/index.ts";
import type { DEVELOPMENT_PHA } from "../pha-pallets.ts";
import { PhalaRegistry } from "../phala-registry/index.ts";
import { registerCall, startPhaChain, testBoot } from "./pha-chain.ts";
import { type TestSeat, testSeat } from "./pha-cluster.ts";
import { errorName } from "./staking-chain.ts";

/** Names of accounts: the well-known ones first, which pay for registrations. */
export const NAMES: readonly string[] = [
  "//Alice",
  "//Bob",
  "//Charlie",
  "//Dave",
  "//Eve",
  "//Ferdie",
  "//Operator",
  "//Operator//gatekeeper-1",
  "//Operator//worker-host",
];
export const SEATS = 5;
/** More than it takes until all have registered: elections are in its multiples. */
const PHASE_BLOCKS = 24;
export const STAKE = {
  minCandidateBond: 100n * PHA,
  minNominatorBond: PHA,
  unbondingBlocks: 20,
  sampleBlocks: 2,
  needsApproval: true,
  seats: SEATS,
} as const;

export interface Labels {
  readonly entity: string;
  readonly provider: string;
  readonly vendor: string;
  readonly line: string;
}
/** Labels that nobody else has. */
export const ownLabels = (name: string): Labels => ({
  entity: name.slice(-16),
  provider: `provider ${name.slice(-16)}`,
  vendor: `vendor ${name.slice(-16)}`,
  line: `line ${name.slice(-16)}`,
});

export function startStakeWorld(
  stake: Partial<typeof DEVELOPMENT_PHA.gatekeeperStake> = {},
  parameters: Partial<typeof DEVELOPMENT_PHA> = {},
) {
  const chain = startPhaChain(
    { gatekeeperOperators: [] },
    {
      leaseMs: 10_000_000n,
      minSeats: 3,
      phaseBlocks: PHASE_BLOCKS,
      ...parameters,
      gatekeeperStake: { ...STAKE, ...stake },
    },
  );
  chain.block();
  const { runtime, overlay } = chain;
  const env = () => runtime.env(overlay);
  const { tx } = runtime;
  const dispatch = (call: Call, origin: Origin): DispatchError | undefined => {
    const outcome = env().dispatch(call, origin);
    return outcome.ok ? undefined : outcome.error;
  };
  const stakeOf = () => env().of(PhaGatekeeperStake);
  const nameOf = (error: DispatchError | undefined) => errorName(error, stakeOf().errors);
  const seats = new Map<string, TestSeat>();
  const world = {
    chain,
    tx: tx.PhaGatekeeperStake,
    seats,
    account: chain.account,
    stake: stakeOf,
    gatekeepers: () => env().of(PhaGatekeepers),
    balances: () => env().of(Balances),
    ctx: () => ({ env: env() }),
    /** @returns name of the error */
    as: (uri: string, call: Call) => nameOf(dispatch(call, signedBy(chain.account(uri)))),
    asRoot: (call: Call) => nameOf(dispatch(call, ROOT)),
    did(uri: string, call: Call): void {
      const error = world.as(uri, call);
      assert(error === undefined, `${call.name} of ${uri}: ${error}`);
    },
    /** Runs a gatekeeper for the account, or starts it anew. */
    register(uri: string, start = 0): TestSeat {
      const boot = testBoot(500 + NAMES.indexOf(uri), "Gatekeeper", start);
      const sent = chain.send(registerCall(chain, boot, { operator: chain.account(uri) }), uri);
      assert(sent.error === undefined, `registers: ${sent.error}`);
      const seat = testSeat(boot);
      seats.set(uri, seat);
      return seat;
    },
    approve(uri: string, labels: Labels = ownLabels(uri)): void {
      const error = world.asRoot(
        tx.PhaGatekeeperStake.approve({ who: chain.account(uri), approval: labels }),
      );
      assert(error === undefined, `approves ${uri}: ${error}`);
    },
    /** Approved, bonded, standing, and there. */
    candidate(uri: string, bond: bigint, labels?: Labels, commission = 0): void {
      world.approve(uri, labels);
      world.did(uri, tx.PhaGatekeeperStake.bond({ amount: bond }));
      world.did(uri, tx.PhaGatekeeperStake.stand({ commission }));
      world.register(uri);
    },
    /** Its gatekeeper is gone: the lease is over. */
    endLease: (boot: Uint8Array) => env().of(PhalaRegistry).storage.Leases.remove(boot),
    blocks(count: number): void {
      for (let i = 0; i < count; i++) chain.block();
    },
    /** Blocks until the next election of a chain without a generation. */
    firstElection(): void {
      do chain.block();
      while (chain.number() % PHASE_BLOCKS !== 0);
    },
    operators: (): readonly string[] => {
      const operators = world.gatekeepers().storage.Operators.get();
      return operators.map(
        (one) => NAMES.find((name) => equalBytes(chain.account(name), one)) ?? "?",
      );
    },
  };
  return world;
}
export type StakeWorld = ReturnType<typeof startStakeWorld>;
