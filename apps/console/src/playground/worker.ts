/**
 * The program of the compiler's worker. It is loaded when somebody opens the playground, and holds TypeScript, esbuild and the
 * engine of contracts; it knows no account, no network and nothing of the page.
 */
import { problemOf } from "../chain/problem.ts";
import type { AnswerMessage, AskMessage } from "./protocol.ts";

// Beside this file, which has nothing to wait for: a question that comes before there is somebody to hear it is lost.
const loading = import("./page-workshop.ts");
// The page ends this worker then, and the next question starts another, which asks for its parts again.
loading.catch(reportError);

async function answer({ data }: MessageEvent<AskMessage>): Promise<void> {
  const { id, ask, input } = data;
  let message: AnswerMessage;
  try {
    const { workshop } = await loading;
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
