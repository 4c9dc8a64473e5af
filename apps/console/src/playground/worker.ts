/**
 * The program of the compiler's worker. It is loaded when somebody opens the playground, and holds TypeScript, esbuild and the
 * engine of contracts; it knows no account, no network and nothing of the page.
 */
import engineUrl from "@jitl/quickjs-wasmfile-release-sync/wasm?url";
import esbuildUrl from "esbuild-wasm/esbuild.wasm?url";
import { build, initialize } from "esbuild-wasm/esm/browser.js";
import { problemOf } from "../chain/problem.ts";
import type { AnswerMessage, AskMessage } from "./protocol.ts";
import { createWorkshop } from "./workshop.ts";

const workshop = createWorkshop({
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

async function answer({ data }: MessageEvent<AskMessage>): Promise<void> {
  const { id, ask, input } = data;
  let message: AnswerMessage;
  try {
    // Both ends are of one build: the page sends what the name takes.
    const run = workshop[ask] as (given: unknown) => Promise<unknown>;
    message = { id, answer: await run(input) };
  } catch (error) {
    message = { id, problem: problemOf(error) };
  }
  postMessage(message);
}

/** One after the other: each works on one source. */
let last: Promise<void> = Promise.resolve();
addEventListener("message", (event: MessageEvent<AskMessage>) => {
  last = last.then(() => answer(event));
});
