/**
 * A cluster's engine side as one synchronous machine: requests in, responses out.
 *
 * It holds the mirror of the cluster's storage and the loaded contracts, runs jobs on the top of the mirror and
 * queries on its base. It runs in a process of its own (`javascript/main.ts`) or, in tests and benches, in place.
 *
 * **Bounds**: mirror, contracts and calls as their own files say. **Trust**: requests come from pRuntime; artefacts
 * and arguments inside are hostile.
 */
import { readArtefact } from "@pha/contract";
import { createOpenings } from "@pha/contract/guest";
import { concatBytes } from "@pha/scale";
import type { EngineCall, EngineOutcome, EngineRequest, EngineResponse } from "../core/index.ts";
import {
  type ClusterStorage,
  createClusterStorage,
  keyText,
  type Layer,
  type Write,
} from "./cluster-storage.ts";
import { type CallResult, type ContractEngine, writeBytes } from "./engine.ts";
import { ENGINE_LINE } from "./javascript/module-engine.ts";
import type { Boxes } from "./sealed-boxes.ts";

export interface ClusterMachine {
  handle(request: EngineRequest): EngineResponse | undefined;
}

interface KnownContract {
  readonly owner: Uint8Array;
  readonly pseudonymKey: Uint8Array;
  readonly boxes: Boxes;
}

/** Writes of one job that are not final yet. */
interface JobWrites {
  readonly job: number;
  readonly writes: readonly { readonly contract: string; readonly writes: readonly Write[] }[];
}

/** What contracts are given is made with it; each platform has its own, so that an engine process loads no library. */
export interface MachineCryptography {
  /** HMAC-SHA256; 32 bytes. */
  keyedHash(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** @param secretOf 32 bytes of this domain alone */
  openBoxes(contract: Uint8Array, secretOf: (domain: Uint8Array) => Uint8Array): Boxes;
}

export function createClusterMachine(
  engine: ContractEngine,
  { keyedHash, openBoxes }: MachineCryptography,
): ClusterMachine {
  let storage: ClusterStorage = createClusterStorage();
  let contracts = new Map<string, KnownContract>();
  let pending: JobWrites[] = [];

  function runCall(
    call: EngineCall,
    block: Extract<EngineRequest, { readonly type: "run" }>["block"],
    layer: Layer,
  ): {
    readonly result: CallResult;
    readonly writes: readonly Write[];
    readonly opened: readonly Uint8Array[];
  } {
    const name = keyText(call.contract);
    const contract = contracts.get(name);
    if (contract === undefined)
      return {
        result: { status: "trapped", reason: "engine", fuelUsed: 0n },
        writes: [],
        opened: [],
      };
    const own = storage.open(name, layer);
    const { owner, pseudonymKey, boxes } = contract;
    const openings = createOpenings(call.kind, own.get);
    let drawn = 0;
    const result = engine.call({
      contract: call.contract,
      kind: call.kind,
      selector: call.selector,
      args: call.args,
      caller: call.caller,
      owner,
      fuelLimit: call.fuelLimit,
      block,
      host: {
        get: own.get,
        write: own.write,
        scan: own.scan,
        open: openings.open,
        pseudonym: (domain, data) => keyedHash(pseudonymKey, concatBytes(withLength(domain), data)),
        boxKey: boxes.publicKey,
        openBox: boxes.open,
        random: () =>
          call.kind === "query"
            ? undefined
            : keyedHash(call.seed, concatBytes(RANDOM_LABEL, counter(drawn++))),
      },
    });
    if (result.status !== "ok") return { result, writes: [], opened: [] };
    return { result, writes: own.writes(), opened: openings.keys };
  }

  function run(request: Extract<EngineRequest, { readonly type: "run" }>): EngineResponse {
    const outcomes: EngineOutcome[] = [];
    const kept: { contract: string; writes: readonly Write[] }[] = [];
    let bytes = 0;
    for (const call of request.calls) {
      if (outcomes.length > 0 && bytes > request.softWriteBytes) break;
      const { result, writes } = runCall(call, request.block, "top");
      outcomes.push(outcomeOf(result, writes));
      if (writes.length === 0) continue;
      const contract = keyText(call.contract);
      storage.keep(contract, writes);
      kept.push({ contract, writes });
      for (const { key, value } of writes) bytes += writeBytes(key, value);
    }
    pending.push({ job: request.job, writes: kept });
    return { type: "ran", job: request.job, outcomes };
  }

  return {
    handle(request) {
      switch (request.type) {
        case "reset":
          storage = createClusterStorage();
          contracts = new Map();
          pending = [];
          engine.reset();
          return undefined;
        case "load-state":
          for (const { contract, key, value } of request.entries)
            if (value) storage.load(keyText(contract), key, value);
          return undefined;
        case "load-contract": {
          const { owner, pseudonymKey } = request;
          const artefact = readArtefact(request.code);
          // A contract that is malformed, of another engine line, or does not load stays unknown: its calls trap.
          if (!artefact.ok || artefact.value.engine !== ENGINE_LINE) return undefined;
          if (!engine.load({ id: request.contract, code: artefact.value.code }).ok)
            return undefined;
          contracts.set(keyText(request.contract), {
            owner: owner.slice(),
            pseudonymKey: pseudonymKey.slice(),
            boxes: openBoxes(request.contract.slice(), (domain) =>
              keyedHash(pseudonymKey, concatBytes(BOX_LABEL, domain)),
            ),
          });
          return undefined;
        }
        case "run":
          return run(request);
        case "finalize": {
          const done = pending.filter(({ job }) => job <= request.job);
          pending = pending.filter(({ job }) => job > request.job);
          for (const { writes } of done)
            for (const each of writes) storage.finalize(each.contract, each.writes);
          return undefined;
        }
        case "query": {
          const { result, opened } = runCall(request.call, request.block, "base");
          const outcome = outcomeOf(result, []);
          return { type: "queried", query: request.query, outcome, opened };
        }
      }
    },
  };
}

function outcomeOf(result: CallResult, writes: readonly Write[]): EngineOutcome {
  if (result.status !== "ok") return result;
  const { status, output, fuelUsed } = result;
  return { status, output, fuelUsed, writes };
}

/** What a pseudonym is made of begins with a length, which these bytes would make greater than any. */
const BOX_LABEL = new TextEncoder().encode("pha/v1/box-key");
const RANDOM_LABEL = new TextEncoder().encode("random");

function counter(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Length in front, so that domain and data cannot be shifted against each other. */
function withLength(domain: Uint8Array): Uint8Array {
  return concatBytes(counter(domain.length), domain);
}
