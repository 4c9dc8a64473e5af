/** `pha gatekeeper …`: who makes the root keys, how far a generation is, and what root says about both. */
import { ss58Encode } from "@pha/crypto";
import { STORAGE } from "@pha/protocol";
import { PhaError, parseHex, toHex } from "@pha/scale";
import { type Client, SS58_PREFIX } from "@pha/sdk";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { openNetwork } from "../program/network.ts";
import { accountOf } from "./account.ts";
import { asRoot, readItem } from "./gatekeeper-chain.ts";
import { gatekeeperStakeCommands } from "./gatekeeper-stake.ts";

const PALLET = "PhaGatekeepers";
const PHASES = ["keys", "deal", "complain", "confirm"];
const MAX_OPERATORS = 31;

type Chain = Client["chain"];

// What metadata says of these items; the names of their fields are the chain's.
interface Run {
  readonly run: bigint;
  readonly generation: bigint;
  readonly threshold: number;
  readonly operators: readonly Uint8Array[];
  readonly phase: number;
  readonly phase_ends: number;
  readonly guilty: readonly number[];
}
interface Absence {
  readonly operator: Uint8Array;
  readonly failures: number;
  readonly out: boolean;
}
interface Seat {
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
}
interface Conviction {
  readonly run: bigint;
  readonly misdeed: { readonly type: string };
  readonly block: number;
}

export const readGatekeepers = <T>(
  chain: Chain,
  name: string,
  key?: Uint8Array,
): Promise<T | undefined> =>
  key === undefined ? readItem<T>(chain, PALLET, name) : readItem<T>(chain, PALLET, name, key);

const status: CommandDeclaration = {
  usage: "status",
  docs: "Shows generations, the run and the handover in progress, and every operator, proven under a verified header.",
  examples: ["pha gatekeeper status", "pha gatekeeper status --json"],
  options: networkOptions,
  async run({ options, output }) {
    const { client } = await openNetwork(options);
    try {
      const { chain } = client;
      const { current, oldest, record } = STORAGE.generation;
      const newest = (await chain.read(current)) ?? 0n;
      const generation = await chain.read({ key: record.key(newest), value: record.value });
      const retiredBefore = (await chain.read(oldest)) ?? 0n;
      const run = await readGatekeepers<Run>(chain, "Run");
      const wanted = await readGatekeepers<{ readonly since: number; readonly latest: number }>(
        chain,
        "Wanted",
      );
      const handover = await readGatekeepers<{ readonly pending: number; readonly since: number }>(
        chain,
        "Handover",
      );
      const waits = await clustersOf(chain, newest);
      const named = (await readGatekeepers<readonly Uint8Array[]>(chain, "Operators")) ?? [];
      const absent = (await readGatekeepers<readonly Absence[]>(chain, "Absent")) ?? [];
      const operators = await Promise.all(
        named.map(async (account) => {
          const member = await readGatekeepers<Seat>(chain, "Members", account);
          const convicted = await readGatekeepers<Conviction>(chain, "Convicted", account);
          const missed = absent.find(({ operator }) => toHex(operator) === toHex(account));
          const seat = generation?.seats.findIndex(
            ({ identity }) => member && toHex(identity) === toHex(member.identity),
          );
          return {
            operator: ss58Encode(SS58_PREFIX, account),
            identity: member?.identity,
            boot: member?.boot,
            seat: seat === undefined || seat < 0 ? undefined : seat,
            missed: missed?.failures ?? 0,
            leftOut: convicted !== undefined || missed?.out === true,
            ...(convicted && {
              convicted: {
                misdeed: convicted.misdeed.type,
                run: convicted.run,
                block: convicted.block,
              },
            }),
          };
        }),
      );
      const result = {
        generation: newest,
        oldest: retiredBefore,
        threshold: generation?.threshold ?? 0,
        seats: generation?.seats.length ?? 0,
        root: generation?.root,
        run: run && {
          run: run.run,
          generation: run.generation,
          phase: PHASES[run.phase] ?? String(run.phase),
          phaseEnds: run.phase_ends,
          seats: run.operators.length,
          threshold: run.threshold,
          guilty: [...run.guilty],
        },
        wanted: wanted && { since: wanted.since, latest: wanted.latest },
        handover: handover && {
          pending: handover.pending,
          since: handover.since,
          giveUpFrom: handover.since + Number(chain.metadata.constant(PALLET, "GiveUpBlocks") ?? 0),
        },
        clusters: waits,
        operators,
      };
      output.result(result, [
        generation === undefined
          ? "root key    none yet"
          : `root key    generation ${newest}, any ${generation.threshold} of ${generation.seats.length} gatekeepers`,
        newest === retiredBefore
          ? "retired     every older generation; its shares are to be erased"
          : `retired     generations before ${retiredBefore}`,
        ...(result.run
          ? [
              `run         ${result.run.run} for generation ${result.run.generation}: ${result.run.phase} until block ${result.run.phaseEnds}`,
            ]
          : []),
        ...(wanted ? [`wanted      a run, at the latest in block ${wanted.latest}`] : []),
        ...(handover
          ? [
              `handover    ${handover.pending} clusters to go since block ${handover.since}; may be given up from block ${result.handover?.giveUpFrom}`,
            ]
          : []),
        ...waits.map(
          ({ cluster, generation, givenUp, formers }) =>
            `cluster     ${cluster}: ${givenUp === undefined ? `state key of generation ${generation}` : `given up in block ${givenUp}`}${formers.length > 0 ? `, commands may wait for keys of generation ${formers.join(", ")}` : ""}`,
        ),
        ...operators.map(
          ({ operator, seat, identity, leftOut, missed, convicted }) =>
            `operator    ${operator} ${seat === undefined ? "no seat" : `seat ${seat}`}${identity ? "" : ", no gatekeeper"}${missed > 0 ? `, missed ${missed} times` : ""}${convicted ? `, convicted: ${convicted.misdeed}` : leftOut ? ", left out" : ""}`,
        ),
      ]);
    } finally {
      client.close();
    }
  },
};

interface Waiting {
  readonly cluster: string;
  /** Under whose root the state key is wrapped. */
  readonly generation: bigint;
  /** Block since which the handover waits no longer for it. */
  readonly givenUp?: number;
  /** Older generations whose keys commands may wait for. */
  readonly formers: readonly bigint[];
}

/** Clusters that hang on older generations, or did until root gave up on them. */
async function clustersOf(chain: Chain, newest: bigint): Promise<readonly Waiting[]> {
  const read = <T>(name: string, key?: Uint8Array): Promise<T | undefined> =>
    key === undefined
      ? readItem<T>(chain, "PhalaPhatContracts", name)
      : readItem<T>(chain, "PhalaPhatContracts", name, key);
  const waiting: Waiting[] = [];
  for (const cluster of (await read<readonly Uint8Array[]>("ClusterList")) ?? []) {
    const record = await chain.read({
      key: STORAGE.cluster.key(cluster),
      value: STORAGE.cluster.value,
    });
    const wrap = await chain.read({
      key: STORAGE.wrappedStateKey.key(cluster),
      value: STORAGE.wrappedStateKey.value,
    });
    const givenUp = await read<{ readonly block: number }>("GivenUp", cluster);
    const formers = (record?.formers ?? [])
      .map(({ generation }) => generation)
      .filter((generation) => generation < newest);
    const isOlder = wrap !== undefined && wrap.generation < newest;
    if (!isOlder && formers.length === 0) continue;
    waiting.push({
      cluster: toHex(cluster),
      generation: wrap?.generation ?? newest,
      ...(givenUp && { givenUp: givenUp.block }),
      formers,
    });
  }
  return waiting;
}

const renew = asRoot(
  {
    usage: "renew",
    docs: "Asks for the next generation of the root key now.",
    examples: ["pha gatekeeper renew"],
  },
  () => ({ pallet: PALLET, name: "new_generation", args: {} }),
);

const operators = asRoot(
  {
    usage: "operators <accounts...>",
    docs: `Names the operators that may run a gatekeeper, at most ${MAX_OPERATORS}; other ones than before make the next generation.`,
    examples: ["pha gatekeeper operators alice bob charlie"],
  },
  (args) => ({ pallet: PALLET, name: "set_operators", args: { operators: namedOf(args) } }),
);

function namedOf(args: readonly (string | undefined)[]): readonly Uint8Array[] {
  const names = args.filter((name) => name !== undefined);
  if (names.length > 0 && names.length <= MAX_OPERATORS) return names.map(accountOf);
  throw new PhaError(
    "usage/too-many-operators",
    `${names.length} accounts are not 1 to ${MAX_OPERATORS}`,
    { hint: "Name each operator once; a committee has at most 31 seats." },
  );
}

const giveUp = asRoot(
  {
    usage: "give-up <cluster>",
    docs: "Lets a handover go on without a cluster whose replicas do not come back; what only older generations open is then lost.",
    examples: [`pha gatekeeper give-up 0x${"0".repeat(63)}1`],
  },
  ([cluster]) => ({
    pallet: PALLET,
    name: "give_up_cluster",
    args: { cluster: clusterOf(cluster ?? "") },
  }),
);

function clusterOf(text: string): Uint8Array {
  const cluster = parseHex(text, 32);
  if (cluster.ok && cluster.value.length === 32) return cluster.value;
  throw new PhaError("usage/bad-cluster", "a cluster is named by 32 bytes in hex", {
    hint: "Take its name from `pha gatekeeper status`: 0x and 64 digits.",
  });
}

export const gatekeeperCommands: readonly CommandDeclaration[] = [
  status,
  renew,
  operators,
  giveUp,
  ...gatekeeperStakeCommands,
];
