/**
 * Program of the signer: a validator's secret keys, alone with a pipe to its node.
 *
 * Requests come in on stdin, answers go out on stdout, in order; the end of stdin ends the process. It has no arguments,
 * no environment, no other descriptor, and is told over the pipe where the keys are.
 */
import { createFrameReader, fromFrame, type ReceivedFrame, toFrame } from "@pha/protocol/pipe";
import { PhaError } from "@pha/scale";
import { type OpenedSigner, openSigner } from "./open-signer.ts";
import {
  failedAnswer,
  MAX_SIGNER_FRAME_BYTES,
  SignerAnswer,
  SignerRequest,
} from "./signer-messages.ts";

const frames = createFrameReader(MAX_SIGNER_FRAME_BYTES);
let signer: OpenedSigner | undefined;
let working: Promise<void> = Promise.resolve();

/** The node sees the end, and starts another one. */
function leave(): never {
  process.exit(1);
}

async function answer(frame: ReceivedFrame): Promise<void> {
  const request = fromFrame(SignerRequest, frame);
  if (!request.ok) leave();
  const answered = await answerTo(request.value);
  process.stdout.write(toFrame(SignerAnswer, frame.requestId, answered));
}

async function answerTo(request: SignerRequest): Promise<SignerAnswer> {
  if (signer) return signer.handle(request);
  if (request.type !== "Open") leave();
  try {
    signer = await openSigner(request.value);
    return signer.handle({ type: "List", value: undefined });
  } catch (error) {
    if (error instanceof PhaError) return failedAnswer(error);
    throw error;
  }
}

process.on("uncaughtException", leave);
// Meant for the node, which stops in order and then closes the pipe.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => undefined);
process.stdin.on("data", (chunk: Buffer) => {
  const received = frames.push(chunk);
  if (!received.ok) leave();
  for (const frame of received.value) working = working.then(() => answer(frame)).catch(leave);
});
process.stdin.on("end", () => process.exit(0));
