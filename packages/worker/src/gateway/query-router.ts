/** Takes a sealed query to the pRuntime it is sealed to and puts the proof beside the answer. */
import { SealedQuery } from "@pha/protocol";
import { decode, equalBytes, fail, ok, type Result } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { WorkerMetrics } from "../metrics.ts";
import type { Worker } from "../process/worker.ts";
import type { ProofCache } from "./proof-cache.ts";

/** Encoded `QueryResponse` in two parts. */
export interface RoutedAnswer {
  /** Sealed answer and block. */
  readonly sealed: Uint8Array;
  /** The same array for every answer that has this proof. */
  readonly proof: Uint8Array;
}

export interface QueryRouter {
  /**
   * @param body encoded `SealedQuery`, hostile
   * @returns the answer, or the code of a problem
   */
  answer(body: Uint8Array): Promise<Result<RoutedAnswer, string>>;
}

export function createQueryRouter(parts: {
  readonly workers: readonly Worker[];
  readonly proofs: ProofCache;
  readonly metrics: WorkerMetrics;
  readonly log: WorkerLog;
}): QueryRouter {
  const { workers, proofs, metrics, log } = parts;

  const answered = metrics.queries.labels({ outcome: "answered" });

  async function route(body: Uint8Array): Promise<Result<RoutedAnswer, string>> {
    const query = decode(SealedQuery, body);
    if (!query.ok) return fail("query/malformed");
    const worker = workerOf(query.value.boot);
    if (worker === undefined) return fail("query/unknown-boot");
    const outcome = await worker.query(body);
    if (outcome.type === "refused") return fail(outcome.code);
    const { answer } = outcome;
    try {
      const proof = await proofs.get(answer);
      return ok({ sealed: answer.sealed, proof });
    } catch (error) {
      log.warn(
        { block: answer.block.number, reason: reasonOf(error) },
        "the proof of an answer is missing",
      );
      return fail("worker/no-proof");
    }
  }

  function workerOf(boot: Uint8Array): Worker | undefined {
    return workers.find((worker) => worker.boot && equalBytes(worker.boot.boot, boot));
  }

  return {
    async answer(body) {
      const start = performance.now();
      const result = await route(body);
      if (result.ok) answered.inc();
      else metrics.queries.inc({ outcome: result.error });
      metrics.querySeconds.observe((performance.now() - start) / 1000);
      return result;
    },
  };
}
