/** The host's end of one pRuntime process: frames over its stdin and stdout, log lines from its stderr. */
import { spawn } from "node:child_process";
import { createFrameBatch, createFrameReader, FromPRuntime, fromFrame } from "@pha/pruntime/wire";
import { reasonOf, type WorkerLog } from "../log.ts";

export interface PRuntimeCommand {
  /** Shown in logs. */
  readonly name: string;
  /** Script for this Node; or, with a launcher, its program. */
  readonly program: string;
  readonly args: readonly string[];
  /** `program` is run as it is. */
  readonly isLauncher?: boolean | undefined;
}

export interface LinkEvents {
  /** `body` are the message's encoded fields. */
  onMessage(requestId: number, message: FromPRuntime, body: Uint8Array): void;
  /** Called once, whatever ended it. */
  onEnd(reason: string): void;
}

/** A running pRuntime; a test gives its own. */
export interface PRuntimeLink {
  readonly pid: number;
  /** Bytes that pRuntime has not read yet. */
  readonly bufferedBytes: number;
  send(frame: Uint8Array): void;
  /** Ends it at once. */
  kill(reason: string): void;
  /** Closes its stdin; it ends by itself. */
  close(): void;
}

export type OpenLink = (command: PRuntimeCommand, events: LinkEvents) => PRuntimeLink;

const MAX_LOG_LINE_BYTES = 4096;
/** Time to end by itself once its stdin is closed. */
const KILL_AFTER_CLOSE_MS = 2_000;

export function createLinkOpener(log: WorkerLog): OpenLink {
  return (command, events) => {
    const [file, args] = command.isLauncher
      ? [command.program, command.args]
      : [process.execPath, [command.program, ...command.args]];
    const child = spawn(file, args, {
      stdio: ["pipe", "pipe", "pipe"],
      // No secret of the host's environment reaches the process.
      env: { PATH: process.env["PATH"], NODE_OPTIONS: "" },
    });
    const { stdin, stdout, stderr } = child;
    const reader = createFrameReader();
    const batch = createFrameBatch();
    let batchedBytes = 0;
    let scheduled = false;
    let ended = false;
    let reason: string | undefined;

    /** Frames of one turn of the event loop leave in one system call. */
    function flush(): void {
      scheduled = false;
      batchedBytes = 0;
      for (const bytes of batch.take()) if (stdin.writable) stdin.write(bytes);
    }

    function end(why: string): void {
      if (ended) return;
      ended = true;
      child.kill("SIGKILL");
      events.onEnd(reason ?? why);
    }

    function kill(why: string): void {
      reason ??= why;
      if (!child.kill("SIGKILL")) end(why);
    }

    stdin.on("error", () => kill("worker/pipe-broken"));
    stdout.on("error", () => kill("worker/pipe-broken"));
    stdout.on("data", (chunk: Buffer) => {
      if (reason !== undefined) return;
      const frames = reader.push(chunk);
      if (!frames.ok) return kill(frames.error.code);
      for (const frame of frames.value) {
        const message = fromFrame(FromPRuntime, frame);
        if (!message.ok) return kill("pipe/malformed");
        events.onMessage(frame.requestId, message.value, frame.body);
      }
    });
    forwardLines(stderr, (line) => log.info({ pruntime: command.name, line }, "pRuntime"));
    child.on("error", (error) => {
      log.error(
        { pruntime: command.name, reason: reasonOf(error) },
        "pRuntime could not be started",
      );
      end("worker/not-started");
    });
    child.on("exit", (code, signal) => end(`worker/exited-${signal ?? code ?? "unknown"}`));

    return {
      pid: child.pid ?? 0,
      get bufferedBytes() {
        return stdin.writableLength + batchedBytes;
      },
      send(frame) {
        if (ended || !stdin.writable) return;
        batch.add(frame);
        batchedBytes += frame.length;
        if (scheduled) return;
        scheduled = true;
        setImmediate(flush);
      },
      kill,
      close() {
        reason ??= "worker/stopped";
        flush();
        stdin.end();
        setTimeout(() => {
          if (!ended) child.kill("SIGKILL");
        }, KILL_AFTER_CLOSE_MS).unref();
      },
    };
  };
}

function forwardLines(stream: NodeJS.ReadableStream, onLine: (line: unknown) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = (lines.pop() ?? "").slice(0, MAX_LOG_LINE_BYTES);
    for (const line of lines) if (line !== "") onLine(lineOf(line.slice(0, MAX_LOG_LINE_BYTES)));
  });
}

function lineOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not a log line of pRuntime: what Node itself printed, kept as text.
    return text;
  }
}
