/** The engine on a machine: its module from disk. */
import { createHash } from "node:crypto";
import { createModuleEngine, type ModuleEngine } from "./module-engine.ts";
import { loadQuickJsModule } from "./quickjs-module.ts";

export { ENGINE_LINE, MAX_CONTRACTS } from "./module-engine.ts";

export interface JavascriptEngine extends ModuleEngine {
  /** Names memory and globals of a loaded contract exactly. */
  snapshotHash(contract: Uint8Array): string | undefined;
}

export interface JavascriptEngineOptions {
  /** Where to keep the instrumented engine between processes. */
  readonly cacheDir?: string;
}

export function createJavascriptEngine(options: JavascriptEngineOptions = {}): JavascriptEngine {
  const engine = createModuleEngine(loadQuickJsModule(options.cacheDir));
  return {
    ...engine,
    snapshotHash(contract) {
      const snapshot = engine.snapshotOf(contract);
      if (snapshot === undefined) return undefined;
      const { runs, top, stackPointer } = snapshot;
      const hash = createHash("sha256");
      for (const { at, bytes } of runs) hash.update(`${at},${bytes.length};`).update(bytes);
      return hash.update(`${top},${stackPointer}`).digest("hex");
    },
  };
}
