/**
 * Connections of a pRuntime's attested channels: bytes of sockets in and out of the pipe. TLS ends in pRuntime; here nothing
 * is read.
 *
 * **Bounds**: `MAX_LINES` connections; one frame of `MAX_CHANNEL_BYTES` under way in each direction of one, and what the
 * socket has not written. **Trust**: neither who connects nor, in what it sends, pRuntime.
 */
import type { Duplex } from "node:stream";
import { MAX_CHANNEL_BYTES } from "@pha/pruntime/wire";
import { bool, boundedBytes, encode } from "@pha/scale";

/** As many as pRuntime takes. */
export const MAX_LINES = 16;

export type LineFrame = "ChannelOpen" | "ChannelBytes" | "ChannelTaken" | "ChannelEnd";

export interface ChannelLines {
  readonly open: number;
  /** `false`: there is no room. The socket is then the caller's still. */
  add(socket: Duplex, onEnd: (why: string) => void): boolean;
  bytes(id: number, bytes: Uint8Array): void;
  taken(id: number, goesOn: boolean): void;
  end(id: number, why: string): void;
  /** pRuntime is gone. */
  endAll(why: string): void;
}

interface Line {
  readonly socket: Duplex;
  readonly onEnd: (why: string) => void;
  /** Of what the socket gave; the rest goes one frame after the other. */
  readonly rest: Uint8Array[];
  /** pRuntime has not answered the last frame. */
  waits: boolean;
}

const MAX_ID = 0xffff_ffff;
const EMPTY = new Uint8Array(0);
const Bytes = boundedBytes(MAX_CHANNEL_BYTES);
const [GOES_ON, IS_OVER] = [encode(bool, true), encode(bool, false)];

/** @param send a frame to pRuntime; `false` when too much waits there */
export function createChannelLines(
  send: (type: LineFrame, id: number, body: Uint8Array) => boolean,
): ChannelLines {
  const lines = new Map<number, Line>();
  let nextId = 1;

  function drop(id: number, why: string): Line | undefined {
    const line = lines.get(id);
    if (line === undefined) return undefined;
    lines.delete(id);
    line.socket.destroy();
    line.onEnd(why);
    return line;
  }

  function next(id: number, line: Line): void {
    if (line.waits) return;
    const [part] = line.rest;
    if (part === undefined) {
      line.socket.resume();
      return;
    }
    line.socket.pause();
    line.waits = true;
    if (part.length > MAX_CHANNEL_BYTES) line.rest[0] = part.subarray(MAX_CHANNEL_BYTES);
    else line.rest.shift();
    const body = encode(Bytes, part.subarray(0, MAX_CHANNEL_BYTES));
    if (!send("ChannelBytes", id, body)) drop(id, "pipe/full");
  }

  return {
    get open() {
      return lines.size;
    },
    add(socket, onEnd) {
      if (lines.size >= MAX_LINES || socket.destroyed) return false;
      const id = nextId;
      nextId = nextId === MAX_ID ? 1 : nextId + 1;
      const line: Line = { socket, onEnd, rest: [], waits: true };
      if (!send("ChannelOpen", id, EMPTY)) return false;
      lines.set(id, line);
      socket.pause();
      socket.on("data", (chunk: Uint8Array) => {
        line.rest.push(chunk);
        next(id, line);
      });
      const left = (): void => {
        // pRuntime hears of it, unless the end came from there.
        if (drop(id, "") !== undefined) send("ChannelEnd", id, EMPTY);
      };
      socket.on("error", left);
      socket.on("end", left);
      socket.on("close", left);
      return true;
    },
    bytes(id, bytes) {
      const line = lines.get(id);
      if (line === undefined || line.socket.destroyed) {
        send("ChannelTaken", id, IS_OVER);
        return;
      }
      // The next frame comes when the other end has read this one.
      line.socket.write(bytes, (error) => send("ChannelTaken", id, error ? IS_OVER : GOES_ON));
    },
    taken(id, goesOn) {
      const line = lines.get(id);
      if (line === undefined) return;
      line.waits = false;
      if (goesOn) next(id, line);
      else drop(id, "channel/refused");
    },
    end: drop,
    endAll(why) {
      for (const id of [...lines.keys()]) drop(id, why);
    },
  };
}
