/**
 * Merlin transcripts over STROBE-128: the Fiat–Shamir hash of schnorrkel.
 *
 * A transcript absorbs labelled messages and gives challenges that depend on all of them, in order. Only the four
 * STROBE operations that Merlin uses are here (meta-AD, AD, PRF, KEY), all as one duplex over Keccak-f[1600].
 *
 * Bounds: 200 bytes of state. Trust: labels are ours, messages may be anyone's.
 *
 * @see merlin.cool "Transcript protocols"
 * @see STROBE v1.0.2 §6, §7
 */

import { assert, utf8 } from "@pha/scale";
import { permute } from "#keccak";

/** Sponge rate in bytes at 128-bit security, less two for the frame. */
const RATE = 166;

const FLAG_I = 1;
const FLAG_A = 2;
const FLAG_C = 4;
const FLAG_M = 16;
const FLAG_K = 32;

/** STROBE-128 reduced to what Merlin needs. `more` continues the operation before. */
export interface Strobe {
  readonly metaAd: (data: Uint8Array, more: Continuation) => void;
  readonly ad: (data: Uint8Array, more: Continuation) => void;
  readonly prf: (length: number) => Uint8Array;
  readonly key: (data: Uint8Array) => void;
  readonly clone: () => Strobe;
  /** Copies of the sponge and its counters, to compare with other implementations. */
  readonly inspect: () => StrobeState;
}

export type Continuation = "begin" | "more";

export interface StrobeState {
  /** 200 bytes. */
  readonly state: Uint8Array;
  readonly position: number;
  readonly positionBegin: number;
  readonly flags: number;
}

export function createStrobe(protocol: Uint8Array): Strobe {
  const words = new Uint32Array(50);
  const state = new Uint8Array(words.buffer);
  state.set([1, RATE + 2, 1, 0, 1, 96]);
  state.set(utf8("STROBEv1.0.2"), 6);
  permute(words);
  const strobe = strobeFrom(words, 0, 0, 0);
  strobe.metaAd(protocol, "begin");
  return strobe;
}

function strobeFrom(words: Uint32Array, at: number, begin: number, lastFlags: number): Strobe {
  const state = new Uint8Array(words.buffer);
  let position = at;
  let positionBegin = begin;
  let flags = lastFlags;

  const xorAt = (index: number, value: number): void => {
    state[index] = (state[index] ?? 0) ^ value;
  };

  const runF = (): void => {
    xorAt(position, positionBegin);
    xorAt(position + 1, 0x04);
    xorAt(RATE + 1, 0x80);
    permute(words);
    position = 0;
    positionBegin = 0;
  };

  const absorb = (data: Uint8Array): void => {
    for (const byte of data) {
      xorAt(position, byte);
      if (++position === RATE) runF();
    }
  };

  const beginOp = (next: number, more: Continuation): void => {
    if (more === "more") {
      assert(flags === next, "an operation is continued with the same flags");
      return;
    }
    const oldBegin = positionBegin;
    positionBegin = position + 1;
    flags = next;
    absorb(Uint8Array.of(oldBegin, next));
    if ((next & (FLAG_C | FLAG_K)) !== 0 && position !== 0) runF();
  };

  return {
    metaAd(data, more) {
      beginOp(FLAG_M | FLAG_A, more);
      absorb(data);
    },
    ad(data, more) {
      beginOp(FLAG_A, more);
      absorb(data);
    },
    prf(length) {
      beginOp(FLAG_I | FLAG_A | FLAG_C, "begin");
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        out[i] = state[position] ?? 0;
        state[position] = 0;
        if (++position === RATE) runF();
      }
      return out;
    },
    key(data) {
      beginOp(FLAG_A | FLAG_C, "begin");
      for (const byte of data) {
        state[position] = byte;
        if (++position === RATE) runF();
      }
    },
    clone: () => strobeFrom(words.slice(), position, positionBegin, flags),
    inspect: () => ({ state: state.slice(), position, positionBegin, flags }),
  };
}

export interface Transcript {
  readonly append: (label: string, message: Uint8Array) => void;
  /** Eight bytes little-endian. */
  readonly appendU64: (label: string, value: bigint) => void;
  /** `length` bytes that depend on everything appended so far; appends itself. */
  readonly challenge: (label: string, length: number) => Uint8Array;
  /**
   * `length` secret bytes for a nonce, from a copy keyed with `secret`: nobody without the secret can tell them from
   * random, and another transcript gives others. Leaves this transcript as it was.
   */
  readonly witness: (label: string, length: number, secret: Uint8Array) => Uint8Array;
  readonly clone: () => Transcript;
  readonly inspect: () => StrobeState;
}

export function createTranscript(label: string): Transcript {
  const transcript = transcriptOver(createStrobe(utf8("Merlin v1.0")));
  transcript.append("dom-sep", utf8(label));
  return transcript;
}

function transcriptOver(strobe: Strobe): Transcript {
  return {
    append(label, message) {
      strobe.metaAd(utf8(label), "begin");
      strobe.metaAd(u32(message.length), "more");
      strobe.ad(message, "begin");
    },
    appendU64(label, value) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, value, true);
      this.append(label, bytes);
    },
    challenge(label, length) {
      strobe.metaAd(utf8(label), "begin");
      strobe.metaAd(u32(length), "more");
      return strobe.prf(length);
    },
    witness(label, length, secret) {
      const branch = strobe.clone();
      branch.metaAd(utf8(label), "begin");
      branch.metaAd(u32(secret.length), "more");
      branch.key(secret);
      branch.metaAd(u32(length), "begin");
      return branch.prf(length);
    },
    clone: () => transcriptOver(strobe.clone()),
    inspect: strobe.inspect,
  };
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
