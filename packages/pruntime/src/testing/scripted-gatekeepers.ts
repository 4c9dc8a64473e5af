/** Gatekeepers of a scripted chain: seats, DKG runs, and the generations that come of them. */
import { aggregate, Dealing, dkgContext } from "@pha/crypto";
import {
  type DkgMessage,
  type Generation,
  GenerationEvent,
  type Seat,
  STORAGE,
  TOPIC,
} from "@pha/protocol";
import { assert, decode, encode, equalBytes, utf8 } from "@pha/scale";
import type { ScriptedChain } from "./scripted-chain.ts";

export interface GatekeepersOptions {
  readonly chain: ScriptedChain;
  /** The first run begins with so many. */
  readonly gatekeepers: number;
  readonly threshold: number;
  readonly onActivated: (generation: bigint) => void;
}

export interface ScriptedGatekeepers {
  readonly generation: Generation | undefined;
  /** Generation that the run in progress makes, if there is one. */
  readonly announced: bigint | undefined;
  takeSeat(identity: Uint8Array, boot: Uint8Array): void;
  /** @param seats numbers of the gatekeepers that take part, in the order of their registration; all of them by default */
  startRun(seats?: readonly number[]): void;
  takeDkg(message: DkgMessage): void;
  /** Nothing hangs on former generations any more. */
  retireFormer(): void;
}

interface Run {
  readonly id: bigint;
  readonly seats: Seat[];
  readonly keys: Map<number, Uint8Array>;
  readonly dealings: Map<number, Dealing>;
  readonly confirmed: Map<number, Uint8Array>;
}

export function createScriptedGatekeepers(options: GatekeepersOptions): ScriptedGatekeepers {
  const { chain, threshold } = options;
  const gatekeepers: Seat[] = [];
  let generation: Generation | undefined;
  let run: Run | undefined;
  let runs = 0n;
  /** Generation that made the older ones retire. */
  let retiredBy = 0n;
  const next = () => (generation?.generation ?? 0n) + 1n;

  function tell(event: GenerationEvent): void {
    chain.push({
      sender: { type: "Pallet", value: utf8("PhaGatekeepers") },
      destination: TOPIC.generation,
      payload: encode(GenerationEvent, event),
    });
  }

  function startRun(numbers = gatekeepers.map((_, i) => i)): void {
    run = {
      id: ++runs,
      seats: numbers.flatMap((number) => gatekeepers[number] ?? []),
      keys: new Map(),
      dealings: new Map(),
      confirmed: new Map(),
    };
    const value = { run: run.id, generation: next(), threshold, seats: run.seats };
    tell({ type: "RunStarted", value });
  }

  function activate({ id, seats, keys, dealings, confirmed }: Run): void {
    run = undefined;
    const number = next();
    const n = seats.length;
    const context = dkgContext(
      { genesisHash: chain.genesisHash, runId: id, generation: number, n, t: threshold },
      seats.map((_, seat) => keys.get(seat) ?? new Uint8Array(48)),
    );
    const result = aggregate({ context, n, t: threshold, dealings: [...dealings.values()] });
    assert(result.ok, "the dealings of honest seats add up");
    const { rootPublicKey: root, sharePublicKeys, transcriptHash } = result.value;
    for (const hash of confirmed.values())
      assert(equalBytes(hash, transcriptHash), "all seats confirm one transcript");
    generation = {
      generation: number,
      run: id,
      threshold,
      root,
      sharePublicKeys,
      seats,
      transcriptHash,
    };
    const { current, record } = STORAGE.generation;
    chain.put(current.key, encode(current.value, number));
    chain.put(record.key(number), encode(record.value, generation));
    tell({ type: "Activated", value: generation });
    options.onActivated(number);
  }

  return {
    get generation() {
      return generation;
    },
    get announced() {
      return run && next();
    },
    takeSeat(identity, boot) {
      const seat = gatekeepers.findIndex((one) => equalBytes(one.identity, identity));
      if (seat >= 0) {
        gatekeepers[seat] = { identity, boot };
        return;
      }
      gatekeepers.push({ identity, boot });
      if (gatekeepers.length === options.gatekeepers) startRun();
    },
    startRun,
    takeDkg({ run: id, seat, body }) {
      if (run === undefined || run.id !== id) return;
      if (body.type === "Key") run.keys.set(seat, body.value);
      if (body.type === "Dealing") {
        const dealing = decode(Dealing, body.value);
        if (dealing.ok) run.dealings.set(seat, dealing.value);
      }
      if (body.type === "Confirm") run.confirmed.set(seat, body.value.transcriptHash);
      const n = run.seats.length;
      if (run.confirmed.size === n && run.dealings.size === n) activate(run);
    },
    retireFormer() {
      const { oldest, current, record } = STORAGE.generation;
      const newest = generation?.generation ?? 0n;
      if (retiredBy === newest) return;
      retiredBy = newest;
      chain.put(oldest.key, encode(oldest.value, newest));
      chain.put(current.key, encode(current.value, newest));
      chain.put(record.key(newest - 1n), undefined);
      tell({ type: "Retired", value: { generation: newest - 1n } });
    },
  };
}
