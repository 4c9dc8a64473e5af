import { expect, test } from "vitest";
import { createCompilerWorker, type WorkerLike } from "./compiler-worker.ts";
import type { AskMessage } from "./protocol.ts";

/** Workers that were opened, with what they were asked. */
function workers() {
  const opened: { readonly worker: WorkerLike; readonly asked: AskMessage[]; ended: boolean }[] =
    [];
  const open = (): WorkerLike => {
    const asked: AskMessage[] = [];
    const one = { worker: undefined as unknown as WorkerLike, asked, ended: false };
    one.worker = {
      postMessage: (message: AskMessage) => asked.push(message),
      terminate: () => {
        one.ended = true;
      },
      onmessage: null,
      onerror: null,
    };
    opened.push(one);
    return one.worker;
  };
  return { opened, open };
}

const answered = (worker: WorkerLike | undefined, data: unknown): void =>
  // A worker's message as this file reads it.
  worker?.onmessage?.call(worker as Worker, { data } as MessageEvent);

test("answers go to their questions, in whatever order they come, and problems keep their code", async () => {
  const { opened, open } = workers();
  const compiler = createCompilerWorker(open);
  const first = compiler.ask("check", { source: "a" });
  const second = compiler.ask("explain", { source: "b", at: 1 });
  expect(opened[0]?.asked.map(({ ask }) => ask)).toEqual(["check", "explain"]);
  const problem = { code: "build/no-contract", message: "none", hint: "One.", facts: {} };
  answered(opened[0]?.worker, { id: 2, problem });
  answered(opened[0]?.worker, { id: 9, answer: "nobody asked" });
  answered(opened[0]?.worker, { id: 1, answer: [] });
  await expect(first).resolves.toEqual([]);
  await expect(second).rejects.toMatchObject({ code: "build/no-contract", hint: "One." });
});

test("a worker that ends refuses all that wait, and the next question starts another", async () => {
  const { opened, open } = workers();
  const compiler = createCompilerWorker(open);
  const first = compiler.ask("check", { source: "a" });
  const { worker } = opened[0] ?? {};
  worker?.onerror?.call(worker as Worker, new Event("error") as ErrorEvent);
  await expect(first).rejects.toMatchObject({ code: "console/compiler-gone" });
  expect(opened[0]?.ended).toBe(true);
  const second = compiler.ask("check", { source: "b" });
  expect(opened.length).toBe(2);
  compiler.stop();
  await expect(second).rejects.toMatchObject({ code: "console/compiler-stopped" });
  expect(opened[1]?.ended).toBe(true);
});

test("a question that takes too long ends the worker", async () => {
  const { opened, open } = workers();
  const compiler = createCompilerWorker(open, 5);
  await expect(compiler.ask("check", { source: "a" })).rejects.toMatchObject({
    code: "console/compiler-silent",
    facts: { ask: "check", timeoutMs: 5 },
  });
  expect(opened[0]?.ended).toBe(true);
});
