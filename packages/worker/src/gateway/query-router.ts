/** Takes a sealed query to the pRuntime it is sealed to and puts the proof beside the answer. */
import { BlockRef, SealedQuery } from "@pha/protocol";
import { decode, encode, equalBytes, fail, ok, type Result } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { WorkerMetrics } from "../metrics.ts";
import type { Worker } from "../process/worker.ts";
import type { ProofCache } from "./proof-cache.ts";

export interface QueryRouter {
  /**
   * @param body encoded `SealedQuery`, hostile
   * @returns encoded `QueryResponse` in parts, or the code of a problem
   */
  answer(body: Uint8Array): Promise<Result<readonly Uint8Array[], string>>;
}

export function createQueryRouter(parts: {
  readonly workers: readonly Worker[];
  readonly proofs: ProofCache;
  readonly metrics: WorkerMetrics;
  readonly log: WorkerLog;
}): QueryRouter {
  const { workers, proofs, metrics, log } = parts;

  async function route(body: Uint8Array): Promise<Result<readonly Uint8Array[], string>> {
    const query = decode(SealedQuery, body);
    if (!query.ok) return fail("query/malformed");
    const worker = workerOf(query.value.boot);
    if (worker === undefined) return fail("query/unknown-boot");
    const outcome = await worker.query(body);
    if (outcome.type === "refused") return fail(outcome.code);
    const { answer } = outcome;
    try {
      const proof = await proofs.get(answer);
      return ok([answer.sealed, encode(BlockRef, answer.block), proof]);
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
      metrics.queries.inc({ outcome: result.ok ? "answered" : result.error });
      metrics.querySeconds.observe((performance.now() - start) / 1000);
      return result;
    },
  };
}
