/** A pRuntime for tests of the host, in this process: says what the test tells it to, shows what the host sent. */
import {
  createFrameReader,
  encodeFrame,
  FromPRuntime,
  fromFrame,
  PIPE_VERSION,
  type ReceivedFrame,
  ToPRuntime,
  toFrame,
} from "@pha/pruntime/wire";
import { encode } from "@pha/scale";
import type { LinkEvents, OpenLink, PRuntimeLink } from "../process/pruntime-link.ts";

export interface FakePRuntime {
  readonly open: OpenLink;
  /** One per start. */
  readonly starts: FakeStart[];
}

export interface FakeStart {
  readonly received: ToPRuntime[];
  readonly boot: Uint8Array;
  readonly killed: () => string | undefined;
  say(requestId: number, message: FromPRuntime): void;
  ready(head: number): void;
  synced(head: number, registered: boolean, cluster?: Uint8Array): void;
  exit(reason: string): void;
  /** Called with every message of the host. */
  onMessage: (message: ToPRuntime, requestId: number) => void;
}

export const IDENTITY = new Uint8Array(32).fill(0xaa);

export function fakePRuntime(): FakePRuntime {
  const starts: FakeStart[] = [];
  return {
    starts,
    open: (_, events) => {
      const { start, link } = fakeStart(events, starts.length + 1);
      starts.push(start);
      return link;
    },
  };
}

function fakeStart(events: LinkEvents, number: number) {
  const reader = createFrameReader();
  const received: ToPRuntime[] = [];
  const boot = new Uint8Array(32).fill(number);
  let killed: string | undefined;
  let ended = false;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    setImmediate(() => events.onEnd(reason));
  };
  const start: FakeStart = {
    received,
    boot,
    killed: () => killed,
    say(requestId, message) {
      const body = encode(FromPRuntime, message).subarray(1);
      events.onMessage(requestId, message, body);
    },
    ready(head) {
      start.say(0, {
        type: "Ready",
        value: {
          pipeVersion: PIPE_VERSION,
          identity: IDENTITY,
          boot,
          bootEncryption: new Uint8Array(32).fill(0xbb),
          provider: "simulated",
          head: { number: head, hash: new Uint8Array(32) },
        },
      });
    },
    synced(head, registered, cluster) {
      const clusters = cluster
        ? [{ cluster, phase: "serving", executed: head, final: head, waiting: 0 }]
        : [];
      start.say(0, {
        type: "Synced",
        value: {
          head: { number: head, hash: new Uint8Array(32) },
          registered,
          clusters,
          generations: [],
        },
      });
    },
    exit: end,
    onMessage: () => {},
  };
  const link: PRuntimeLink = {
    pid: number,
    bufferedBytes: 0,
    send(bytes) {
      const frames = reader.push(bytes);
      for (const frame of frames.ok ? frames.value : []) take(frame);
    },
    kill(reason) {
      killed ??= reason;
      end(reason);
    },
    close: () => end("worker/stopped"),
  };
  function take(frame: ReceivedFrame): void {
    const message = fromFrame(ToPRuntime, frame);
    if (!message.ok) throw new Error("the host sent a malformed frame");
    received.push(message.value);
    if (message.value.type === "Register")
      setImmediate(() => start.say(0, { type: "Credit", value: 1 }));
    setImmediate(() => start.onMessage(message.value, frame.requestId));
  }
  return { start, link };
}

/** Bytes of a frame as a pRuntime process writes them. */
export function frameOf(message: FromPRuntime): Uint8Array {
  return toFrame(FromPRuntime, 0, message);
}

export { encodeFrame };
