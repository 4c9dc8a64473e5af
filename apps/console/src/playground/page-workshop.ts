/** The workshop with the parts that a page brings: esbuild and the engine from the console's own server. */
import engineUrl from "@jitl/quickjs-wasmfile-release-sync/wasm?url";
import esbuildUrl from "esbuild-wasm/esbuild.wasm?url";
import { build, initialize } from "esbuild-wasm/esm/browser.js";
import { createWorkshop } from "./workshop.ts";

export const workshop = createWorkshop({
  async loadEsbuild() {
    // In this worker: esbuild's own would be made of text, which the policy of content forbids.
    await initialize({ wasmURL: esbuildUrl, worker: false });
    return { build };
  },
  async loadEngine() {
    const response = await fetch(engineUrl);
    if (!response.ok) throw new Error(`the engine did not come: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
});
