/**
 * Runs one of the serial fetches of sync: asks peers what it wants asked and hands out what it found.
 *
 * **Bounds**: those of `SerialFetch`. **Trust**: answers are hostile; the fetch judges them.
 */
import type { FetchInput, FetchOutput, SerialFetch } from "@pha/consensus";
import type { MisbehaviourCode, RequestError } from "@pha/network";
import type { Result } from "@pha/scale";

const TICK_MS = 500;

export interface FetchRunnerOptions<Request, Answer, Found> {
  readonly fetch: SerialFetch<Request, Answer, Found>;
  encode(request: Request): Uint8Array;
  /** `undefined`: it is no answer. */
  decode(bytes: Uint8Array): Answer | undefined;
  ask(peer: string, request: Uint8Array): Promise<Result<Uint8Array, RequestError>>;
  report(peer: string, code: MisbehaviourCode): void;
  onFound(found: Found): void;
  /** After every step: whether it is over, for instance. */
  onStep?(nowMs: number): void;
  onFailure(error: unknown): void;
  /** Resolves when the database has room. */
  readonly ready: () => Promise<void>;
}

export interface FetchRunner {
  joined(peer: string): void;
  left(peer: string): void;
  stop(): void;
}

export function startFetch<Request, Answer, Found>(
  options: FetchRunnerOptions<Request, Answer, Found>,
): FetchRunner {
  const { fetch, onFailure } = options;
  const inputs: FetchInput<Answer>[] = [];
  let isRunning = false;
  let isStopped = false;

  const tell = (input: FetchInput<Answer>): void => {
    inputs.push(input);
    if (isRunning) return;
    isRunning = true;
    try {
      for (let next = inputs.shift(); next && !isStopped; next = inputs.shift()) {
        const now = performance.now();
        fetch.step(next, now).forEach(carryOut);
        if (!isStopped) options.onStep?.(now);
      }
    } catch (error) {
      inputs.length = 0;
      onFailure(error);
    } finally {
      isRunning = false;
    }
  };
  const carryOut = (output: FetchOutput<Request, Found>): void => {
    switch (output.type) {
      case "request":
        request(output).catch(onFailure);
        return;
      case "found":
        options.onFound(output.found);
        return;
      case "report":
        options.report(output.peer, output.code);
        return;
    }
  };
  const request = async ({
    id,
    peer,
    request: wanted,
  }: {
    readonly id: number;
    readonly peer: string;
    readonly request: Request;
  }): Promise<void> => {
    await options.ready();
    const bytes = await options.ask(peer, options.encode(wanted));
    if (!bytes.ok) {
      const reason = bytes.error.code === "request/timed-out" ? "timed-out" : "refused";
      tell({ type: "failed", id, reason });
      return;
    }
    const answer = options.decode(bytes.value);
    if (answer === undefined) tell({ type: "failed", id, reason: "malformed" });
    else tell({ type: "answer", id, peer, answer });
  };

  const timer = setInterval(() => tell({ type: "tick" }), TICK_MS);
  return {
    joined: (peer) => tell({ type: "joined", peer }),
    left: (peer) => tell({ type: "left", peer }),
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
