/**
 * Credits of the pipe (protocol §10): how many frames one end may have sent that the other has not answered for.
 *
 * ```
 * request ──────────► answer        the answer gives the credit back
 * note ─────────────► credit        for what has no answer: a count, when it was taken in
 * ```
 * Both ends run the same machine. What has no credit waits at its sender, urgent frames first; a frame beyond the window
 * ends the pipe. Answers and credits need none: they are bounded by what they answer, and so never wait for each other,
 * which is why two ends that read cannot block one another.
 *
 * **Bounds**: `PIPE_WINDOW` requests and notes per direction, the last `URGENT_RESERVE` of them for urgent ones;
 * `maxWaiting` frames wait, and as many urgent ones, of together `maxWaitingBytes`. **Trust**: the peer is hostile: its frames are counted before they are
 * looked at, and it cannot give back what it was not sent.
 */
import { assert, fail, ok, type Result } from "@pha/scale";
import type { FromPRuntime } from "./from-pruntime.ts";
import type { ToPRuntime } from "./to-pruntime.ts";

export const PIPE_WINDOW = 64;
/** Window that only urgent frames use: blocks come through whatever queries wait for. */
export const URGENT_RESERVE = 2;

export type FrameType = ToPRuntime["type"] | FromPRuntime["type"];
type FrameRole = "request" | "note" | "answer" | "credit" | "last";

const ROLES: Readonly<Record<FrameType, FrameRole>> = {
  Hello: "request",
  Batch: "request",
  Warp: "request",
  Register: "note",
  Query: "request",
  Proof: "answer",
  Steps: "answer",
  History: "answer",
  BlobRead: "answer",
  BlobsKept: "note",
  Credit: "credit",
  Ready: "answer",
  Registration: "note",
  Message: "note",
  Read: "request",
  ReadSteps: "request",
  ReadHistory: "request",
  ReadBlob: "request",
  Blob: "note",
  Answer: "answer",
  QueryRefused: "answer",
  Challenge: "request",
  Challenged: "answer",
  ChallengeRefused: "answer",
  Reply: "note",
  ChannelOpen: "request",
  ChannelBytes: "request",
  ChannelTaken: "answer",
  ChannelEnd: "note",
  ReadChipKey: "request",
  ChipKey: "answer",
  ReadTdQuote: "request",
  TdQuote: "answer",
  Synced: "answer",
  BatchRefused: "answer",
  Failed: "last",
};

export interface FlowError {
  readonly code: /** The peer sent more than it had credit for. */
    | "pipe/no-credit"
    /** The peer answered, or gave credit for, what it was not sent. */
    | "pipe/unasked";
}

export interface SendOptions {
  /** Goes before what waits, and may use the reserve. */
  readonly urgent?: boolean;
  /** Asked when its turn comes: a frame that nobody waits for any more is dropped. */
  readonly isVoid?: () => boolean;
}

export interface PipeFlow {
  /** Requests and notes of ours that the peer has not answered for. */
  readonly outstanding: number;
  /** Frames that wait for credit. */
  readonly waiting: number;
  /** Writes now, or later when there is credit; `pipe/full` when too much waits. */
  send(
    type: FrameType,
    frame: Uint8Array,
    options?: SendOptions,
  ): Result<undefined, { readonly code: "pipe/full" }>;
  /**
   * Accounts for a frame of the peer; writes what it makes room for.
   *
   * @param credit of a credit frame: how many notes it gives back
   */
  receive(type: FrameType, credit?: number): Result<undefined, FlowError>;
  /** Notes of the peer that were taken in since the last call; their credit is to be sent back. */
  takeOwedCredit(): number;
}

interface Waiting {
  readonly role: "request" | "note";
  readonly frame: Uint8Array;
  readonly isVoid: (() => boolean) | undefined;
}

export function createPipeFlow(options: {
  readonly write: (frame: Uint8Array) => void;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
}): PipeFlow {
  const { write, maxWaiting, maxWaitingBytes } = options;
  /** Unanswered, of each role: ours at the peer, the peer's here. */
  const sent = { request: 0, note: 0 };
  const received = { request: 0, note: 0 };
  let owed = 0;
  let urgent: Waiting[] = [];
  let ordinary: Waiting[] = [];
  let waitingBytes = 0;

  const outstanding = (): number => sent.request + sent.note;

  function pump(): void {
    for (;;) {
      const isUrgent = urgent.length > 0;
      const window = isUrgent ? PIPE_WINDOW : PIPE_WINDOW - URGENT_RESERVE;
      if (outstanding() >= window) return;
      const next = isUrgent ? urgent.shift() : ordinary.shift();
      if (next === undefined) return;
      waitingBytes -= next.frame.length;
      if (next.isVoid?.()) continue;
      sent[next.role] += 1;
      write(next.frame);
    }
  }

  /** Urgent frames do not wait for room that others take. */
  function isFull(frame: Uint8Array, isUrgent: boolean): boolean {
    if (isUrgent) return urgent.length >= maxWaiting;
    return ordinary.length >= maxWaiting || waitingBytes + frame.length > maxWaitingBytes;
  }

  function dropVoid(): void {
    const isWanted = ({ isVoid }: Waiting): boolean => !isVoid?.();
    urgent = urgent.filter(isWanted);
    ordinary = ordinary.filter(isWanted);
    waitingBytes = [...urgent, ...ordinary].reduce((sum, { frame }) => sum + frame.length, 0);
  }

  return {
    get outstanding() {
      return outstanding();
    },
    get waiting() {
      return urgent.length + ordinary.length;
    },
    send(type, frame, { urgent: isUrgent = false, isVoid } = {}) {
      const role = ROLES[type];
      if (role !== "request" && role !== "note") {
        if (role === "answer") {
          assert(received.request > 0, "only what was asked is answered");
          received.request -= 1;
        }
        write(frame);
        return ok(undefined);
      }
      if (isFull(frame, isUrgent)) dropVoid();
      if (isFull(frame, isUrgent)) return fail({ code: "pipe/full" });
      (isUrgent ? urgent : ordinary).push({ role, frame, isVoid });
      waitingBytes += frame.length;
      pump();
      return ok(undefined);
    },
    receive(type, credit = 0) {
      const role = ROLES[type];
      switch (role) {
        case "request":
        case "note":
          if (received.request + received.note >= PIPE_WINDOW)
            return fail({ code: "pipe/no-credit" });
          received[role] += 1;
          if (role === "note") owed += 1;
          return ok(undefined);
        case "answer":
          if (sent.request === 0) return fail({ code: "pipe/unasked" });
          sent.request -= 1;
          pump();
          return ok(undefined);
        case "credit":
          if (credit === 0 || credit > sent.note) return fail({ code: "pipe/unasked" });
          sent.note -= credit;
          pump();
          return ok(undefined);
        case "last":
          return ok(undefined);
      }
    },
    takeOwedCredit() {
      const count = owed;
      owed = 0;
      received.note -= count;
      return count;
    },
  };
}
