/**
 * The page's end of the compiler's worker.
 *
 * ```text
 * idle ─ first question ─► running ─ no answer in time, or it fails ─► ended, all questions refused ─ next question ─► running
 * ```
 */
import { PhaError } from "@pha/scale";
import type { Answer, AnswerMessage, Ask, AskMessage, Workshop } from "./protocol.ts";
import workerUrl from "./worker.ts?worker&url";

export interface CompilerWorker {
  ask<A extends Ask>(ask: A, ...input: Parameters<Workshop[A]>): Promise<Answer<A>>;
  /** Ends what it does now; the next question starts it anew. */
  stop(): void;
}

/** What a worker is to this file. */
export type WorkerLike = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

/** The first answer waits for the compilers to load. */
const TIMEOUT_MS = 90_000;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: PhaError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export function createCompilerWorker(
  open: () => WorkerLike = openWorker,
  timeoutMs = TIMEOUT_MS,
): CompilerWorker {
  let worker: WorkerLike | undefined;
  let next = 1;
  const waiting = new Map<number, Waiting>();

  function end(error: PhaError): void {
    worker?.terminate();
    worker = undefined;
    for (const { reject, timer } of waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    waiting.clear();
  }

  function start(): WorkerLike {
    const opened = open();
    opened.onmessage = ({ data }: MessageEvent<AnswerMessage>) => {
      const one = waiting.get(data.id);
      if (one === undefined) return;
      waiting.delete(data.id);
      clearTimeout(one.timer);
      if ("answer" in data) one.resolve(data.answer);
      else {
        const { code, message, hint = "Try again, or load the page anew.", facts } = data.problem;
        one.reject(new PhaError(code, message, { facts, hint }));
      }
    };
    opened.onerror = () =>
      end(
        new PhaError("console/compiler-gone", "the compiler ended, or its parts did not come", {
          hint: "Try again; if it stays, load the page anew. The source is kept.",
        }),
      );
    return opened;
  }

  return {
    ask<A extends Ask>(ask: A, ...[input]: Parameters<Workshop[A]>): Promise<Answer<A>> {
      worker ??= start();
      const id = next++;
      const message: AskMessage = { id, ask, input };
      const answered = new Promise<unknown>((resolve, reject) => {
        const timer = setTimeout(
          () =>
            end(
              new PhaError("console/compiler-silent", "the compiler took too long", {
                facts: { ask, timeoutMs },
                hint: "Make the types of the contract simpler, and try again.",
              }),
            ),
          timeoutMs,
        );
        waiting.set(id, { resolve, reject, timer });
      });
      worker.postMessage(message);
      // The worker answers each question with what its name gives.
      return answered as Promise<Answer<A>>;
    },
    stop() {
      end(
        new PhaError("console/compiler-stopped", "the compiler was stopped", {
          hint: "Ask again; it starts anew.",
        }),
      );
    },
  };
}

function openWorker(): WorkerLike {
  return new Worker(ownWorker(workerUrl), { type: "module", name: "compiler" });
}

/** The one address of code that the page hands over: that of its own worker, under its own origin. */
function ownWorker(address: string): string {
  const url = new URL(address, location.href);
  const refuse = (): never => {
    throw new Error(`${url.href} is no program of this page`);
  };
  if (url.origin !== location.origin) refuse();
  if (!("trustedTypes" in globalThis)) return url.href;
  // Chromium has them, TypeScript's library does not name them.
  const { trustedTypes } = globalThis as unknown as { readonly trustedTypes: TrustedTypes };
  policy ??= trustedTypes.createPolicy("pha-compiler", {
    createScriptURL: (given) => (given === url.href ? given : refuse()),
  });
  // An object that stands for the text.
  return policy.createScriptURL(url.href) as string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(given: string): string }): ScriptPolicy;
}

interface ScriptPolicy {
  createScriptURL(given: string): unknown;
}

let policy: ScriptPolicy | undefined;
