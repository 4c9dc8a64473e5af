/**
 * Queries over an attested channel: one end serves, the other asks. Many are under way at a time and are answered in any
 * order.
 *
 * **Bounds**: of the serving end `MAX_UNDER_WAY` queries, then it reads no more; `MAX_UNREAD_BYTES` of answers that the
 * other end does not read; `idleMs` without a whole query. Of the asking end its caller's, and a deadline each.
 */
import type { Duplex } from "node:stream";
import type { SealedQuery } from "@pha/protocol";
import { fromFrame, toFrame } from "@pha/protocol/pipe";
import { type Codec, type CodecType, PhaError } from "@pha/scale";
import { ChannelAnswer, ChannelQuery, createChannelFrameReader } from "../wire/index.ts";

const MAX_UNDER_WAY = 16;
const MAX_UNREAD_BYTES = 4 << 20;
const IDLE_MS = 60_000;
const DEADLINE_MS = 20_000;
const MAX_ID = 0xffff_ffff;

export type ChannelAnswered = CodecType<typeof ChannelAnswer>;
type Answered = Extract<ChannelAnswered, { readonly type: "Answer" }>["value"];

export interface ServeOptions {
  /** Gives the query away; its answer comes by the returned function's caller. */
  readonly ask: (sealed: SealedQuery, answer: (answered: ChannelAnswered) => void) => void;
  /** @default 60000 */
  readonly idleMs?: number;
}

/** Serves until the other end leaves; resolves with why, empty when it just left. */
export function serveQueries(socket: Duplex, { ask, idleMs = IDLE_MS }: ServeOptions) {
  return new Promise<string>((resolve) => {
    let underWay = 0;
    /** Queries of a chunk that came with too many: the socket is paused while there are any. */
    const backlog: (() => void)[] = [];
    let why = "";
    let idle = waiting();

    function waiting(): NodeJS.Timeout {
      return setTimeout(() => end("channel/idle"), idleMs);
    }
    function end(reason: string): void {
      why ||= reason;
      socket.destroy();
    }
    function take(id: number, sealed: SealedQuery): void {
      if (underWay >= MAX_UNDER_WAY) {
        socket.pause();
        backlog.push(() => take(id, sealed));
        return;
      }
      underWay += 1;
      ask(sealed, (answered) => {
        underWay -= 1;
        if (socket.destroyed) return;
        socket.write(toFrame(ChannelAnswer, id, answered));
        if (socket.writableLength > MAX_UNREAD_BYTES) return end("channel/does-not-read");
        backlog.shift()?.();
        if (backlog.length === 0) socket.resume();
      });
    }
    onFrames(socket, ChannelQuery, {
      take(id, { value }) {
        clearTimeout(idle);
        idle = waiting();
        take(id, value);
      },
      malformed: () => end("channel/malformed"),
    });
    socket.on("error", () => {});
    socket.on("end", () => end(""));
    socket.on("close", () => {
      clearTimeout(idle);
      resolve(why);
    });
  });
}

/** The asking end. */
export interface QueryChannel {
  /** @throws PhaError `channel/…`, or the code that pRuntime refused with */
  ask(sealed: SealedQuery): Promise<Answered>;
  close(): void;
}

export function createQueryChannel(socket: Duplex, deadlineMs = DEADLINE_MS): QueryChannel {
  interface Waiting {
    readonly resolve: (answered: Answered) => void;
    readonly reject: (error: PhaError) => void;
    readonly timer: NodeJS.Timeout;
  }
  const asked = new Map<number, Waiting>();
  let nextId = 1;

  function finish(id: number): Waiting | undefined {
    const found = asked.get(id);
    asked.delete(id);
    clearTimeout(found?.timer);
    return found;
  }

  onFrames(socket, ChannelAnswer, {
    take(id, answered) {
      const found = finish(id);
      if (answered.type === "Answer") found?.resolve(answered.value);
      else found?.reject(refused(answered.value));
    },
    malformed: () => socket.destroy(),
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const id of [...asked.keys()]) finish(id)?.reject(ended());
  });

  return {
    ask(sealed) {
      if (socket.destroyed) return Promise.reject(ended());
      return new Promise((resolve, reject) => {
        const id = nextId;
        nextId = nextId === MAX_ID ? 1 : nextId + 1;
        const timer = setTimeout(() => finish(id)?.reject(late(deadlineMs)), deadlineMs);
        asked.set(id, { resolve, reject, timer });
        socket.write(toFrame(ChannelQuery, id, { type: "Query", value: sealed }));
      });
    },
    close: () => socket.destroy(),
  };
}

function onFrames<T>(
  socket: Duplex,
  codec: Codec<T> & Parameters<typeof fromFrame<T>>[0],
  on: { readonly take: (id: number, message: T) => void; readonly malformed: () => void },
): void {
  const reader = createChannelFrameReader();
  socket.on("data", (chunk: Uint8Array) => {
    const frames = reader.push(chunk);
    if (!frames.ok) return on.malformed();
    for (const frame of frames.value) {
      const message = fromFrame(codec, frame);
      if (!message.ok) return on.malformed();
      on.take(frame.requestId, message.value);
    }
  });
}

function refused(code: string): PhaError {
  return new PhaError(code, `the worker refused the query: ${code}`, {
    hint: "Try again, or another replica of the cluster.",
  });
}

function ended(): PhaError {
  return new PhaError("channel/ended", "the attested channel ended", {
    hint: "Open another one; the worker may have been started anew, or found the channel idle or malformed.",
  });
}

function late(deadlineMs: number): PhaError {
  return new PhaError("channel/no-answer", "the worker did not answer in time", {
    facts: { deadlineMs },
    hint: "Try again, or another replica of the cluster.",
  });
}
