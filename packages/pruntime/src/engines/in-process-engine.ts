/** The engine in the caller's own process: for tests and benches, never for contracts of others. */
import type { EngineResponse } from "../core/index.ts";
import { createClusterMachine } from "./cluster-machine.ts";
import type { EnginePort } from "./engine-process.ts";
import { createJavascriptEngine } from "./javascript/javascript-engine.ts";

/** Answers before `send` returns. */
export function createInProcessEngine(
  onResponse: (response: EngineResponse) => void,
  cacheDir?: string,
): EnginePort {
  const machine = createClusterMachine(
    createJavascriptEngine(cacheDir === undefined ? {} : { cacheDir }),
  );
  return {
    send(request) {
      const response = machine.handle(request);
      if (response !== undefined) onResponse(response);
    },
    stop: () => undefined,
  };
}
