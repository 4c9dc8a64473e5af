/** The engine in the caller's own process: for tests and benches, never for contracts of others. */
import type { EngineResponse } from "../core/index.ts";
import { createClusterMachine } from "./cluster-machine.ts";
import type { EnginePort } from "./engine-process.ts";
import { createJavascriptEngine } from "./javascript/javascript-engine.ts";
import { NODE_CRYPTOGRAPHY } from "./node-cryptography.ts";

/** Answers before `send` returns. */
export function createInProcessEngine(
  onResponse: (response: EngineResponse) => void,
  cacheDir?: string,
): EnginePort {
  const machine = createClusterMachine(
    createJavascriptEngine(cacheDir === undefined ? {} : { cacheDir }),
    NODE_CRYPTOGRAPHY,
  );
  return {
    send(request) {
      const response = machine.handle(request);
      if (response !== undefined) onResponse(response);
    },
    stop: () => undefined,
  };
}
