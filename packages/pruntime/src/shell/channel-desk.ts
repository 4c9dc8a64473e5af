/**
 * Attested channels of pRuntime: TLS ends here, over bytes that the host carries through the pipe. What is asked over a
 * channel goes to the core like any query.
 *
 * **Bounds**: `MAX_CHANNELS`, of which `MAX_GREETING` are not open yet, each until `greetMs`; `MAX_CHANNEL_BYTES` under
 * way in each direction of one. Evidence is made for one channel at a time, so that the platform has time for the
 * registration. **Trust**: who connects is hostile and unknown, the host carries the bytes and can end a channel.
 */
import { Duplex } from "node:stream";
import type { SealedQuery } from "@pha/protocol";
import { PhaError } from "@pha/scale";
import {
  type ChannelAnswered,
  createRaTlsIdentity,
  openAttestedChannel,
  type RaTlsIdentity,
  serveQueries,
} from "../channels/index.ts";
import type { EvidenceProvider } from "../providers/index.ts";
import { type FromPRuntime, MAX_CHANNEL_BYTES } from "../wire/index.ts";

const MAX_CHANNELS = 16;
/** Handshakes cost a signature and evidence before anything is known of who asks. */
const MAX_GREETING = 4;
const GREET_MS = 15_000;
/** A certificate counts for a day; it is made anew long before. */
const RENEW_MS = 12 * 3_600_000;
/** Ids of the core's queries that came over a channel: above those of the host's frames. */
const FIRST_QUERY = 2 ** 32;

export interface ChannelDesk {
  open(id: number): void;
  /** `false`: the host sent more than it had credit for. */
  bytes(id: number, bytes: Uint8Array): boolean;
  /** The host took our bytes of the channel; or the channel is over. */
  taken(id: number, goesOn: boolean): void;
  end(id: number): void;
  /** An outcome of the core; `false` when the host asked for it. */
  answered(id: number, answer: ChannelAnswered): boolean;
  stop(): void;
}

interface Channel {
  readonly carrier: Duplex;
  /** The host waits for room. */
  waits: boolean;
  /** Our bytes are with the host. */
  sent: ((error?: Error) => void) | undefined;
}

type Sent = Extract<
  FromPRuntime,
  { readonly type: "ChannelBytes" | "ChannelTaken" | "ChannelEnd" }
>;

export interface ChannelDeskOptions {
  readonly provider: Pick<EvidenceProvider, "evidence">;
  /** `undefined`: this pRuntime takes no queries (yet). */
  readonly boot: () => Uint8Array | undefined;
  readonly ask: (id: number, sealed: SealedQuery) => void;
  readonly send: (id: number, message: Sent) => void;
  /** Unix milliseconds: certificates say so. @default Date.now */
  readonly now?: () => number;
  /** @default 15000 */
  readonly greetMs?: number;
}

export function createChannelDesk(options: ChannelDeskOptions): ChannelDesk {
  const { provider, send, now = Date.now, greetMs = GREET_MS } = options;
  const channels = new Map<number, Channel>();
  const queries = new Map<number, (answer: ChannelAnswered) => void>();
  let nextQuery = FIRST_QUERY;
  let greeting = 0;
  let identity: { readonly made: Promise<RaTlsIdentity>; readonly at: number } | undefined;
  let proving: Promise<unknown> = Promise.resolve();

  /** One at a time, whatever became of the one before. */
  function evidence(reportData: Uint8Array): Promise<Uint8Array> {
    const made = proving.then(() => provider.evidence(reportData));
    proving = made.catch(() => undefined);
    return made;
  }

  function ownIdentity(boot: Uint8Array): Promise<RaTlsIdentity> {
    const at = now();
    if (identity === undefined || at - identity.at > RENEW_MS || at < identity.at) {
      const made = createRaTlsIdentity({ provider: { evidence }, boot, now: at });
      identity = { made, at };
      made.catch(() => {
        if (identity?.made === made) identity = undefined;
      });
    }
    return identity.made;
  }

  async function serve(id: number, channel: Channel, boot: Uint8Array): Promise<void> {
    let why: string;
    try {
      const socket = await greet(channel.carrier, boot);
      why = await serveQueries(socket, { ask });
    } catch (error) {
      // Its end says so to the host; who connected is nobody we know.
      why = error instanceof PhaError ? error.code : "channel/broken";
    }
    channel.carrier.destroy();
    if (!channels.delete(id)) return;
    release(id, channel);
    send(id, { type: "ChannelEnd", value: why });
  }

  async function greet(carrier: Duplex, boot: Uint8Array): Promise<Duplex> {
    greeting += 1;
    try {
      const own = await ownIdentity(boot);
      const { socket } = await openAttestedChannel({
        ...{ carrier, side: "server", identity: own, peer: "anonymous" },
        deadlineMs: greetMs,
      });
      return socket;
    } finally {
      greeting -= 1;
    }
  }

  function ask(sealed: SealedQuery, answer: (answered: ChannelAnswered) => void): void {
    const id = nextQuery++;
    queries.set(id, answer);
    options.ask(id, sealed);
  }

  /** What the host waits for is answered, also by what is over. */
  function release(id: number, channel: Channel): void {
    if (channel.waits) send(id, { type: "ChannelTaken", value: false });
    channel.waits = false;
    channel.sent?.(over());
    channel.sent = undefined;
  }

  function carrierOf(id: number, channel: () => Channel | undefined): Duplex {
    return new Duplex({
      readableHighWaterMark: MAX_CHANNEL_BYTES,
      writableHighWaterMark: MAX_CHANNEL_BYTES,
      read() {
        const own = channel();
        if (!own?.waits) return;
        own.waits = false;
        send(id, { type: "ChannelTaken", value: true });
      },
      write(chunk: Uint8Array, _, done) {
        const own = channel();
        if (own === undefined) {
          done();
          return;
        }
        let at = 0;
        const next = (error?: Error): void => {
          if (error !== undefined || at >= chunk.length) {
            done(error);
            return;
          }
          const part = chunk.subarray(at, at + MAX_CHANNEL_BYTES);
          at += part.length;
          own.sent = next;
          send(id, { type: "ChannelBytes", value: part });
        };
        next();
      },
    }).on("error", () => {});
  }

  return {
    open(id) {
      const boot = options.boot();
      const takes =
        boot !== undefined &&
        !channels.has(id) &&
        channels.size < MAX_CHANNELS &&
        greeting < MAX_GREETING;
      if (takes) {
        const carrier = carrierOf(id, () => channels.get(id));
        const channel: Channel = { carrier, waits: false, sent: undefined };
        channels.set(id, channel);
        void serve(id, channel, boot);
      }
      send(id, { type: "ChannelTaken", value: takes });
    },
    bytes(id, bytes) {
      const channel = channels.get(id);
      if (channel === undefined) {
        send(id, { type: "ChannelTaken", value: false });
        return true;
      }
      if (channel.waits) return false;
      channel.waits = !channel.carrier.push(bytes);
      if (!channel.waits) send(id, { type: "ChannelTaken", value: true });
      return true;
    },
    taken(id, goesOn) {
      const channel = channels.get(id);
      const sent = channel?.sent;
      if (channel === undefined || sent === undefined) return;
      channel.sent = undefined;
      sent(goesOn ? undefined : over());
    },
    end(id) {
      const channel = channels.get(id);
      if (channel === undefined) return;
      channels.delete(id);
      release(id, channel);
      channel.carrier.destroy();
    },
    answered(id, answer) {
      const query = queries.get(id);
      queries.delete(id);
      query?.(answer);
      return query !== undefined;
    },
    stop() {
      for (const [id, { carrier }] of channels) {
        channels.delete(id);
        carrier.destroy();
      }
    },
  };
}

function over(): Error {
  return new Error("the channel is over");
}
