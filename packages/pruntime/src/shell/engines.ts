/** One engine process per cluster, made on demand. */
import { toHex } from "@pha/scale";
import type { EngineRequest, EngineResponse } from "../core/index.ts";
import { createEngineProcess, type EnginePort } from "../engines/index.ts";

export interface Engines {
  send(cluster: Uint8Array, request: EngineRequest): void;
  stop(): void;
}

export interface EnginesOptions {
  /** Path of the bundled engine program. */
  readonly program: string;
  /** Folder for the instrumented engine. */
  readonly cacheDir: string;
  readonly onResponse: (cluster: Uint8Array, response: EngineResponse) => void;
}

export function createEngines({ program, cacheDir, onResponse }: EnginesOptions): Engines {
  const ports = new Map<string, EnginePort>();
  return {
    send(cluster, request) {
      const id = toHex(cluster);
      let port = ports.get(id);
      if (port === undefined) {
        const own = cluster.slice();
        port = createEngineProcess({
          program,
          cacheDir,
          onResponse: (response) => onResponse(own, response),
        });
        ports.set(id, port);
      }
      port.send(request);
    },
    stop() {
      for (const port of ports.values()) port.stop();
    },
  };
}
