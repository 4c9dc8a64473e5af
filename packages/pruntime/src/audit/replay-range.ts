/**
 * A replay outside of any TEE, by an auditor: the core says what to run, contracts run in an engine process of their own,
 * which has neither the audit key nor anything that follows from it but what contracts themselves see.
 */
import { PhaError, type Result } from "@pha/scale";
import {
  type ContractFacts,
  declaredAuditKey,
  type EngineRequest,
  type EngineResponse,
  type HistoryBatch,
  prepareReplay,
  type ReplayError,
  type Replayed,
  type ReplayInput,
  type Running,
} from "../core/index.ts";
import { createEngineProcess } from "../engines/index.ts";

export interface AuditJob extends Omit<ReplayInput, "contracts"> {
  readonly contracts: readonly Omit<ContractFacts, "auditKey">[];
  /** Path of the bundled engine program. */
  readonly engineProgram: string;
  /** Blocks from one to that of the last step. */
  readonly blocksFrom: (first: number) => Promise<HistoryBatch>;
}

/** @throws PhaError `audit/engine-ended` when the engine process ends beside its work */
export async function replayRange(job: AuditJob): Promise<Result<Replayed, ReplayError>> {
  const contracts = job.contracts.map((one) => ({ ...one, auditKey: declaredAuditKey(one.code) }));
  const prepared = prepareReplay({ ...job, contracts });
  if (!prepared.ok) return prepared;
  const blocks = await job.blocksFrom(prepared.value.needs);
  return drive(prepared.value.run(blocks), job.engineProgram);
}

async function drive(running: Running, program: string): Promise<Result<Replayed, ReplayError>> {
  let answered: (response: EngineResponse) => void = () => undefined;
  const engine = createEngineProcess({ program, onResponse: (response) => answered(response) });
  const ask = (request: EngineRequest): Promise<EngineResponse | undefined> => {
    if (request.type !== "run") {
      engine.send(request);
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      answered = resolve;
      engine.send(request);
    });
  };
  try {
    let turn = running.next();
    while (!turn.done) {
      const response = await ask(turn.value);
      if (response?.type === "restarted")
        throw new PhaError("audit/engine-ended", "the engine ended while a step ran in it", {
          hint: "Run the audit again; if it ends each time, this machine is too small for it.",
        });
      turn = running.next(response);
    }
    return turn.value;
  } finally {
    engine.stop();
  }
}
