/**
 * Program of an engine process: contract code of one cluster, alone with its pipe.
 *
 * Requests come in on stdin, answers go out on stdout; the end of stdin ends the process. It has no keys of pRuntime,
 * no environment and no other descriptor. The one argument names the folder for the instrumented engine.
 */
import { decode } from "@pha/scale";
import { createFrameBatch } from "../../wire/frame-batch.ts";
import { createClusterMachine } from "../cluster-machine.ts";
import {
  createFrameSplitter,
  EngineAnswerCodec,
  EngineRequestCodec,
  frameOf,
} from "../engine-frames.ts";
import { NODE_CRYPTOGRAPHY } from "../node-cryptography.ts";
import { createJavascriptEngine } from "./javascript-engine.ts";

const cacheDir = process.argv[2];
const machine = createClusterMachine(
  createJavascriptEngine(cacheDir === undefined ? {} : { cacheDir }),
  NODE_CRYPTOGRAPHY,
);
const frames = createFrameSplitter();

/** Whatever goes wrong here, a new process with the same state goes on: the exit is the message. */
function leave(): never {
  process.exit(1);
}

/** Answers of one chunk leave together, but none waits longer than this beside the call that runs. */
const HELD_MS = 1;
const answers = createFrameBatch();
let heldSinceMs = Number.POSITIVE_INFINITY;

function flush(): void {
  for (const bytes of answers.take()) process.stdout.write(bytes);
  heldSinceMs = Number.POSITIVE_INFINITY;
}

process.on("uncaughtException", leave);
process.stdin.on("data", (chunk: Buffer) => {
  const bodies = frames.push(chunk);
  if (!bodies.ok) leave();
  for (const body of bodies.value) {
    const request = decode(EngineRequestCodec, body);
    if (!request.ok) leave();
    // Nothing tells how long a request takes; a job has many calls.
    if (request.value.type !== "query" || performance.now() - heldSinceMs > HELD_MS) flush();
    const response = machine.handle(request.value);
    if (response === undefined || response.type === "restarted") continue;
    answers.add(frameOf(EngineAnswerCodec, response));
    heldSinceMs = Math.min(heldSinceMs, performance.now());
  }
  flush();
});
process.stdin.on("end", () => process.exit(0));
