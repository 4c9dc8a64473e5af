/**
 * The few TPM 2.0 commands that we send, as bytes; all integers are big-endian.
 *
 * **Trust**: the TPM, or what the host puts in its place, may answer anything: answers are read within their length, and
 * what counts is what a verifier finds signed in them.
 *
 * @see TPM 2.0 Part 3
 */
import { PhaError } from "@pha/scale";

/** Sends one command and gives its answer. */
export interface TpmTransport {
  exchange(command: Uint8Array): Promise<Uint8Array>;
}

const TAG = { noSessions: 0x8001, sessions: 0x8002 } as const;
export const COMMAND = {
  createPrimary: 0x131,
  nvDefineSpace: 0x12a,
  nvIncrement: 0x134,
  nvRead: 0x14e,
  hmac: 0x155,
  quote: 0x158,
  flushContext: 0x165,
  nvReadPublic: 0x169,
  startAuthSession: 0x176,
  pcrRead: 0x17e,
  policyPcr: 0x17f,
} as const;
export const HANDLE = { owner: 0x4000_0001, null: 0x4000_0007, password: 0x4000_0009 } as const;
export const ALGORITHM = {
  keyedHash: 0x0008,
  hmac: 0x0005,
  sha256: 0x000b,
  null: 0x0010,
  rsassa: 0x0014,
} as const;

/** Answers that pass: the TPM tests itself, gives way to another command, or spares its memory. */
const PASSING = new Set([0x908, 0x90a, 0x920, 0x922]);
const HEADER_BYTES = 10;

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

export function u32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255);
}

/** `TPM2B`: the length in front. */
export function sized(bytes: Uint8Array): Uint8Array {
  return join(u16(bytes.length), bytes);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** SHA-256 registers below 24, as a selection of one bank. */
export function pcrSelection(registers: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(3);
  for (const register of registers) {
    const at = register >> 3;
    bitmap[at] = (bitmap[at] ?? 0) | (1 << (register & 7));
  }
  return join(u32(1), u16(ALGORITHM.sha256), u8(bitmap.length), bitmap);
}

export interface TpmCommand {
  readonly code: number;
  readonly handles?: readonly number[];
  /** Sessions that authorise the first handles: a password that is empty, or a policy session. */
  readonly sessions?: readonly number[];
  readonly parameters?: Uint8Array;
  /** Handles in front of the answer's parameters. */
  readonly answerHandles?: number;
}

/** Reads an answer's parameters in order. */
export class TpmAnswer {
  readonly handles: readonly number[];
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(handles: readonly number[], parameters: Uint8Array) {
    this.handles = handles;
    this.#bytes = parameters;
  }

  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw malformed();
    const taken = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  u16(): number {
    const [high = 0, low = 0] = this.bytes(2);
    return high * 256 + low;
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  sized(): Uint8Array {
    return this.bytes(this.u16());
  }
}

/** @throws PhaError `provider/tpm-refused`, `provider/tpm-malformed`; an error of code `EBUSY` for what passes */
export async function send(tpm: TpmTransport, command: TpmCommand): Promise<TpmAnswer> {
  const answer = await tpm.exchange(encodeCommand(command));
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  if (answer.length < HEADER_BYTES || view.getUint32(2) !== answer.length) throw malformed();
  const code = view.getUint32(6);
  if (PASSING.has(code)) throw Object.assign(new Error("the TPM is busy"), { code: "EBUSY" });
  if (code !== 0)
    throw new PhaError("provider/tpm-refused", "the TPM refused a command", {
      facts: { command: command.code, code },
      hint: "Look the code up with tpm2_rc_decode; keys and indexes must have the usual authorisations.",
    });
  const count = command.answerHandles ?? 0;
  let at = HEADER_BYTES;
  const handles: number[] = [];
  for (let i = 0; i < count; i++, at += 4) {
    if (at + 4 > answer.length) throw malformed();
    handles.push(view.getUint32(at));
  }
  if (view.getUint16(0) === TAG.noSessions) return new TpmAnswer(handles, answer.slice(at));
  if (at + 4 > answer.length) throw malformed();
  const end = at + 4 + view.getUint32(at);
  if (end > answer.length) throw malformed();
  return new TpmAnswer(handles, answer.slice(at + 4, end));
}

function encodeCommand(command: TpmCommand): Uint8Array {
  const { code, handles = [], sessions = [], parameters = new Uint8Array(0) } = command;
  // Neither nonce nor HMAC: an empty password, or a policy that is satisfied. The session ends with the command.
  const areas = sessions.map((session) => join(u32(session), u16(0), u8(0), u16(0)));
  const area = join(...areas);
  const body = join(
    ...handles.map(u32),
    ...(sessions.length === 0 ? [] : [u32(area.length), area]),
    parameters,
  );
  const tag = sessions.length === 0 ? TAG.noSessions : TAG.sessions;
  return join(u16(tag), u32(HEADER_BYTES + body.length), u32(code), body);
}

function malformed(): PhaError {
  return new PhaError("provider/tpm-malformed", "the TPM's answer cannot be read", {
    hint: "Check that the device is a TPM 2.0 and that no other program writes to it.",
  });
}
