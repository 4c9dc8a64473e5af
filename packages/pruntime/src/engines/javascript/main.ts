/**
 * Program of an engine process: contract code of one cluster, alone with its pipe.
 *
 * Requests come in on stdin, answers go out on stdout; the end of stdin ends the process. It has no keys of pRuntime,
 * no environment and no other descriptor. The one argument names the folder for the instrumented engine.
 */
import { decode, encode } from "@pha/scale";
import { createClusterMachine } from "../cluster-machine.ts";
import {
  createFrameSplitter,
  EngineAnswerCodec,
  EngineRequestCodec,
  frameOf,
} from "../engine-frames.ts";
import { createJavascriptEngine } from "./javascript-engine.ts";

const cacheDir = process.argv[2];
const machine = createClusterMachine(
  createJavascriptEngine(cacheDir === undefined ? {} : { cacheDir }),
);
const frames = createFrameSplitter();

/** Whatever goes wrong here, a new process with the same state goes on: the exit is the message. */
function leave(): never {
  process.exit(1);
}

process.on("uncaughtException", leave);
process.stdin.on("data", (chunk: Buffer) => {
  const bodies = frames.push(chunk);
  if (!bodies.ok) leave();
  for (const body of bodies.value) {
    const request = decode(EngineRequestCodec, body);
    if (!request.ok) leave();
    const response = machine.handle(request.value);
    if (response !== undefined && response.type !== "restarted")
      process.stdout.write(frameOf(encode(EngineAnswerCodec, response)));
  }
});
process.stdin.on("end", () => process.exit(0));
