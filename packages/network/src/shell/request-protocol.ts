/**
 * Requests and answers: one frame each way on a substream of their own.
 *
 * **Bounds**: sizes of `REQUEST_LIMITS`; `MAX_OUTSTANDING` requests of ours to a peer and kind; `maxInboundStreams` of
 * the host for those of a peer; both sides have deadlines, and a peer that does not send its request or take its answer
 * in time is cut off. Who took much waits: the answer is made when it may leave, so nothing is kept meanwhile.
 */
import type { Connection, Stream } from "@libp2p/interface";
import { fail, ok, type Result } from "@pha/scale";
import type { MisbehaviourCode } from "../peers/index.ts";
import { type FrameError, REQUEST_LIMITS, type RequestKind } from "../wire/index.ts";
import { openFrameStream } from "./frame-stream.ts";

const MAX_OUTSTANDING = 8;
const REQUEST_DEADLINE_MS = 10_000;
/** An answer that would have to wait longer is not given: by then the peer has turned to another. */
const MAX_ANSWER_WAIT_MS = 15_000;

export type RequestError =
  | { readonly code: "request/not-connected" }
  | { readonly code: "request/too-many" }
  /** The peer does not speak the protocol, or reset the substream. */
  | { readonly code: "request/refused" }
  | { readonly code: "request/timed-out" }
  | { readonly code: "request/bad-answer"; readonly cause: FrameError };

export interface ServeHandlers {
  /** Whether the peer may ask this much now. */
  admits(peer: string, request: Uint8Array): boolean;
  /** Ms until it may have an answer; 0: now. */
  answerWaitMs(peer: string): number;
  /** Bytes of the answer; a code: nothing is answered, and the peer is reported. */
  answer(peer: string, request: Uint8Array): Result<Uint8Array, MisbehaviourCode | "refused">;
  onMisbehaviour(peer: string, code: MisbehaviourCode): void;
}

/** Handler of inbound substreams of one kind. */
export function serveRequests(kind: RequestKind, handlers: ServeHandlers) {
  const { maxRequestBytes } = REQUEST_LIMITS[kind];
  return (stream: Stream, connection: Connection): void => {
    const peer = connection.remotePeer.toString();
    let isAsked = false;
    const startDeadline = () =>
      setTimeout(() => {
        handlers.onMisbehaviour(peer, "peer/slow-stream");
        frames.reset("peer/slow-stream");
      }, REQUEST_DEADLINE_MS);
    let timer = startDeadline();
    stream.addEventListener("close", () => clearTimeout(timer));
    const respond = (request: Uint8Array, leftMs = MAX_ANSWER_WAIT_MS): void => {
      clearTimeout(timer);
      const waitMs = handlers.answerWaitMs(peer);
      if (waitMs > leftMs) {
        frames.reset("refused");
        return;
      }
      if (waitMs > 0) {
        timer = setTimeout(() => respond(request, leftMs - waitMs), waitMs);
        return;
      }
      timer = startDeadline();
      const answer = handlers.answer(peer, request);
      if (answer.ok) {
        // The deadline is for taking the answer.
        frames.send(answer.value);
        frames.finish();
        return;
      }
      if (answer.error !== "refused") handlers.onMisbehaviour(peer, answer.error);
      frames.reset(answer.error);
    };
    const frames = openFrameStream(stream, {
      maxBytes: () => maxRequestBytes,
      onFrame(body) {
        if (isAsked) {
          handlers.onMisbehaviour(peer, "peer/malformed-message");
          frames.reset("peer/malformed-message");
          return;
        }
        isAsked = true;
        if (handlers.admits(peer, body)) respond(body);
        else frames.reset("refused");
      },
      onBadFrame: (error) => handlers.onMisbehaviour(peer, misbehaviourOf(error)),
      onEnd() {
        if (!isAsked) frames.reset("peer/malformed-message");
      },
    });
  };
}

export interface AskOptions {
  readonly kind: RequestKind;
  readonly protocol: string;
  readonly timeoutMs: number;
  /** Resolves when the request may leave; the timeout begins then. */
  readonly paced: () => Promise<void>;
}

export interface Asker {
  /** One frame out, one frame in. */
  ask(
    connection: Connection | undefined,
    request: Uint8Array,
    options: AskOptions,
  ): Promise<Result<Uint8Array, RequestError>>;
}

export function createAsker(): Asker {
  const outstanding = new Map<string, number>();
  return {
    async ask(connection, request, options) {
      if (connection === undefined) return fail({ code: "request/not-connected" });
      const key = `${connection.remotePeer.toString()} ${options.kind}`;
      const count = outstanding.get(key) ?? 0;
      if (count >= MAX_OUTSTANDING) return fail({ code: "request/too-many" });
      outstanding.set(key, count + 1);
      try {
        await options.paced();
        return await askOnce(connection, request, options);
      } finally {
        const left = (outstanding.get(key) ?? 1) - 1;
        if (left === 0) outstanding.delete(key);
        else outstanding.set(key, left);
      }
    },
  };
}

async function askOnce(
  connection: Connection,
  request: Uint8Array,
  { kind, protocol, timeoutMs }: AskOptions,
): Promise<Result<Uint8Array, RequestError>> {
  const signal = AbortSignal.timeout(timeoutMs);
  let stream: Stream;
  try {
    stream = await connection.newStream(protocol, { signal, maxOutboundStreams: 256 });
  } catch {
    // Not spoken there, connection lost, or too slow: what counts is which of the two it is.
    return fail({ code: signal.aborted ? "request/timed-out" : "request/refused" });
  }
  let resolve: (answer: Result<Uint8Array, RequestError>) => void = () => {};
  const promise = new Promise<Result<Uint8Array, RequestError>>((done) => {
    resolve = done;
  });
  const onTimeout = (): void => {
    resolve(fail({ code: "request/timed-out" }));
    frames.reset("request/timed-out");
  };
  const frames = openFrameStream(stream, {
    maxBytes: () => REQUEST_LIMITS[kind].maxResponseBytes,
    onFrame: (body) => resolve(ok(body)),
    onBadFrame: (cause) => resolve(fail({ code: "request/bad-answer", cause })),
    onEnd: () => resolve(fail({ code: "request/refused" })),
  });
  signal.addEventListener("abort", onTimeout);
  frames.send(request);
  frames.finish();
  const answer = await promise;
  signal.removeEventListener("abort", onTimeout);
  if (answer.ok && stream.status === "open" && stream.remoteWriteStatus === "writable")
    frames.reset("the answer is there");
  return answer;
}

export function misbehaviourOf(error: FrameError): MisbehaviourCode {
  return error.code === "wire/frame-too-long" ? "peer/message-too-long" : "peer/malformed-message";
}
