/** Gatekeepers, generations of the root key, and the epochs of what hangs on them, as the chain proves them. */
import { toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";
import { addressText } from "./account-record.ts";
import { listContracts } from "./contracts.ts";
import { type ItemReader, readItems } from "./items.ts";

export interface KeysReading {
  readonly block: number;
  /** Newest active generation; 0: none yet. */
  readonly generation: number;
  readonly oldest: number;
  readonly activeSince: number;
  /** Blocks after which the next one follows; 0: no term. */
  readonly termBlocks: number;
  /** Those that are not retired, the newest first. */
  readonly generations: readonly GenerationReading[];
  readonly run: RunReading | undefined;
  readonly wanted: { readonly since: number; readonly latest: number } | undefined;
  readonly handover:
    | { readonly generation: number; readonly pending: number; readonly since: number }
    | undefined;
  readonly operators: readonly OperatorReading[];
  /** Sealing keys of contracts, the newest first. */
  readonly epochs: readonly EpochReading[];
}

export interface GenerationReading {
  readonly generation: number;
  readonly run: number;
  readonly threshold: number;
  /** Identities, in seat order; absent: nobody holds the seat. */
  readonly seats: readonly (string | undefined)[];
  readonly root: string;
}

export interface RunReading {
  readonly run: number;
  readonly generation: number;
  readonly seats: number;
  readonly threshold: number;
  /** 0 keys, 1 deal, 2 complain, 3 confirm. */
  readonly phase: number;
  readonly phaseEnds: number;
  readonly guilty: readonly number[];
}

export interface OperatorReading {
  readonly operator: string;
  /** Identity of its registered gatekeeper. */
  readonly gatekeeper: string | undefined;
  readonly failures: number;
  readonly isOut: boolean;
  readonly convicted: { readonly misdeed: string; readonly block: number } | undefined;
}

export interface EpochReading {
  readonly contract: string;
  readonly name: string;
  readonly generation: number;
  readonly epoch: number;
  readonly from: number;
  /** Block until which commands sealed to it are taken; absent: it is the present one. */
  readonly until: number | undefined;
}

const NOBODY = `0x${"00".repeat(32)}`;

export async function readKeys(client: Client): Promise<KeysReading> {
  const contracts = await listContracts(client);
  const items = await readItems(client);
  const one = <T>(item: string): Promise<T | undefined> => items.value<T>("PhaGatekeepers", item);
  const [current, oldest, since, run, wanted, handover, operators, absent] = await Promise.all([
    one<bigint>("CurrentGeneration"),
    one<bigint>("OldestGeneration"),
    one<number>("ActiveSince"),
    one<RunRecord>("Run"),
    one<{ readonly since: number; readonly latest: number }>("Wanted"),
    one<HandoverRecord>("Handover"),
    one<readonly Uint8Array[]>("Operators"),
    one<readonly AbsenceRecord[]>("Absent"),
  ]);
  const newest = Number(current ?? 0n);
  const names = Array.from(
    { length: Math.max(0, newest - Math.max(1, Number(oldest ?? 0n)) + 1) },
    (_, i) => newest - i,
  );
  const [records, sealing] = await Promise.all([
    items.values<GenerationRecord>(
      "PhaGatekeepers",
      "Generations",
      names.map((name) => [BigInt(name)]),
    ),
    items.values<readonly SealingRecord[]>(
      "PhalaPhatContracts",
      "SealingKeys",
      contracts.map(({ address }) => [address]),
    ),
  ]);
  const epochs = contracts.flatMap(({ address, artefact }, i) =>
    (sealing[i] ?? []).map((key) => ({
      contract: toHex(address),
      name: artefact.name,
      generation: Number(key.generation),
      epoch: Number(key.epoch),
      from: key.from,
      until: key.until,
    })),
  );
  return {
    block: items.block.number,
    generation: newest,
    oldest: Number(oldest ?? 0n),
    activeSince: since ?? 0,
    termBlocks: Number(client.chain.metadata.constant("PhaGatekeepers", "TermBlocks") ?? 0),
    generations: records.flatMap((record) => (record === undefined ? [] : [generationOf(record)])),
    run: run && {
      run: Number(run.run),
      generation: Number(run.generation),
      seats: run.seats.length,
      threshold: run.threshold,
      phase: run.phase,
      phaseEnds: run.phase_ends,
      guilty: [...run.guilty],
    },
    wanted,
    handover: handover && { ...handover, generation: Number(handover.generation) },
    operators: await readOperators(items, operators ?? [], absent ?? []),
    epochs: epochs.sort((a, b) => b.from - a.from),
  };
}

function generationOf(record: GenerationRecord): GenerationReading {
  return {
    generation: Number(record.generation),
    run: Number(record.run),
    threshold: record.threshold,
    seats: record.seats.map(({ identity }) => {
      const id = toHex(identity);
      return id === NOBODY ? undefined : id;
    }),
    root: toHex(record.root),
  };
}

async function readOperators(
  items: ItemReader,
  operators: readonly Uint8Array[],
  absent: readonly AbsenceRecord[],
): Promise<readonly OperatorReading[]> {
  const keys = operators.map((operator) => [operator] as const);
  const [members, convicted] = await Promise.all([
    items.values<{ readonly identity: Uint8Array }>("PhaGatekeepers", "Members", keys),
    items.values<ConvictionRecord>("PhaGatekeepers", "Convicted", keys),
  ]);
  return operators.map((operator, i) => {
    const missed = absent.find((one) => toHex(one.operator) === toHex(operator));
    const [member, conviction] = [members[i], convicted[i]];
    return {
      operator: addressText(operator),
      gatekeeper: member && toHex(member.identity),
      failures: missed?.failures ?? 0,
      isOut: missed?.out ?? false,
      convicted: conviction && { misdeed: conviction.misdeed.type, block: conviction.block },
    };
  });
}

interface RunRecord {
  readonly run: bigint;
  readonly generation: bigint;
  readonly threshold: number;
  readonly seats: readonly unknown[];
  readonly phase: number;
  readonly phase_ends: number;
  /** A sequence of bytes is bytes. */
  readonly guilty: Iterable<number>;
}

interface HandoverRecord {
  readonly generation: bigint;
  readonly pending: number;
  readonly since: number;
}

interface AbsenceRecord {
  readonly operator: Uint8Array;
  readonly failures: number;
  readonly out: boolean;
}

interface ConvictionRecord {
  readonly misdeed: { readonly type: string };
  readonly block: number;
}

interface GenerationRecord {
  readonly generation: bigint;
  readonly run: bigint;
  readonly threshold: number;
  readonly root: Uint8Array;
  readonly seats: readonly { readonly identity: Uint8Array }[];
}

interface SealingRecord {
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly from: number;
  readonly until: number | undefined;
}
