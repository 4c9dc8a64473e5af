/**
 * Event logs of trust domains: what was measured into the run-time registers, in which order.
 *
 * A log proves nothing by itself: its replay must give the registers of a verified quote. That shows the log is the true
 * one; whether its events are the wanted ones is policy.
 *
 * **Bounds**: `MAX_LOG_BYTES`, `MAX_EVENTS`. **Trust**: the log comes from the host.
 *
 * @see TCG PC Client
 */
import { sha384 } from "@pha/crypto";
import { concatBytes, equalBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import { type JsonObject, readJsonList } from "../json/json.ts";

export const MAX_LOG_BYTES = 1 << 20;
const MAX_EVENTS = 4096;
const REGISTERS = 4;
const DIGEST_BYTES = 48;

export interface LoggedEvent {
  /** RTMR 0 to 3; `undefined` for what belongs to MRTD, the measurement of the launch. */
  readonly register: number | undefined;
  readonly type: number;
  /** SHA-384. */
  readonly digest: Uint8Array;
  /** Of dstack's events. */
  readonly name: string | undefined;
  readonly payload: Uint8Array;
}

export type EventLogError =
  | {
      readonly code: "attestation/event-log-malformed";
      readonly reason: string;
      /** Of the event, from 0. */
      readonly event: number;
    }
  /** The digest is not the one of what the event says. */
  | { readonly code: "attestation/event-digest"; readonly event: number }
  | { readonly code: "attestation/rtmr-mismatch"; readonly register: number };

const EV_NO_ACTION = 3;
const SPEC_ID = utf8("Spec ID Event03\0");
const SHA384 = 0x0c;
/** Hash algorithm → bytes of a digest. */
const DIGEST_SIZES = new Map([
  [0x04, 20],
  [0x0b, 32],
  [SHA384, DIGEST_BYTES],
  [0x0d, 64],
]);
const NO_EVENT = 0xffff_ffff;

class LogFailure extends Error {}

/** The firmware's log (CCEL): a header, then events; bytes of 255 fill the rest. */
export function parseCcel(bytes: Uint8Array): Result<readonly LoggedEvent[], EventLogError> {
  const events: LoggedEvent[] = [];
  const malformed = (reason: string) =>
    fail({ code: "attestation/event-log-malformed", reason, event: events.length } as const);
  if (bytes.length > MAX_LOG_BYTES) return malformed("too long");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const take = (length: number): number => {
    if (length > bytes.length - at) throw new LogFailure("ends early");
    at += length;
    return at - length;
  };
  const u16 = (): number => view.getUint16(take(2), true);
  const u32 = (): number => view.getUint32(take(4), true);
  const part = (length: number): Uint8Array => {
    const from = take(length);
    return bytes.slice(from, at);
  };
  try {
    readCcelHeader({ u32, part });
    while (at < bytes.length) {
      const index = u32();
      if (index === NO_EVENT) {
        if (bytes.subarray(at).some((byte) => byte !== 0xff))
          return malformed("bytes in the padding");
        break;
      }
      if (events.length === MAX_EVENTS) return malformed("too many events");
      if (index > REGISTERS) return malformed("a register is unknown");
      const type = u32();
      const digests = new Map<number, Uint8Array>();
      for (let left = u32(); left > 0; left--) {
        const algorithm = u16();
        const size = DIGEST_SIZES.get(algorithm);
        if (size === undefined || digests.has(algorithm))
          return malformed("a digest is unknown or occurs twice");
        digests.set(algorithm, part(size));
      }
      const digest = digests.get(SHA384);
      if (digest === undefined) return malformed("a SHA-384 digest is missing");
      const payload = part(u32());
      const register = index === 0 ? undefined : index - 1;
      events.push({ register, type, digest, name: undefined, payload });
    }
    return ok(events);
  } catch (error) {
    if (error instanceof LogFailure) return malformed(error.message);
    throw error;
  }
}

function readCcelHeader({ u32, part }: { u32: () => number; part: (n: number) => Uint8Array }) {
  u32();
  const type = u32();
  part(20);
  const spec = part(u32());
  if (type !== EV_NO_ACTION || !equalBytes(spec.subarray(0, SPEC_ID.length), SPEC_ID))
    throw new LogFailure("the header is unknown");
}

/** Type of the events that dstack's guest makes. */
const DSTACK_RUNTIME_EVENT = 0x0800_0001;

/** dstack's log: a JSON list. Digests of its own events are computed, and compared where they are given. */
export function parseDstackEventLog(json: string): Result<readonly LoggedEvent[], EventLogError> {
  const malformed = (reason: string, event: number) =>
    fail({ code: "attestation/event-log-malformed", reason, event } as const);
  if (json.length > MAX_LOG_BYTES) return malformed("too long", 0);
  const read = readJsonList(json, readDstackEvent);
  if (!read.ok) return malformed(read.error.reason, 0);
  if (read.value.length > MAX_EVENTS) return malformed("too many events", MAX_EVENTS);
  const events: LoggedEvent[] = [];
  for (const [event, { digest, ...logged }] of read.value.entries()) {
    const own =
      logged.type === DSTACK_RUNTIME_EVENT ? runtimeDigest(logged.name, logged.payload) : undefined;
    if (digest.length === 0 && own === undefined) return malformed("a digest is missing", event);
    if (digest.length !== 0 && digest.length !== DIGEST_BYTES)
      return malformed("a digest has another length", event);
    if (own !== undefined && digest.length > 0 && !equalBytes(digest, own))
      return fail({ code: "attestation/event-digest", event });
    events.push({ ...logged, digest: own ?? digest });
  }
  return ok(events);
}

function readDstackEvent(event: JsonObject) {
  return {
    register: event.unsigned("imr", REGISTERS - 1),
    type: event.unsigned("event_type", 0xffff_ffff),
    digest: event.hex("digest"),
    name: event.text("event"),
    payload: event.hex("event_payload"),
  };
}

/** An event of dstack's guest in register 3, with the digest that it has there. */
export function dstackEvent(name: string, payload: Uint8Array): LoggedEvent {
  const digest = runtimeDigest(name, payload);
  return { register: 3, type: DSTACK_RUNTIME_EVENT, digest, name, payload };
}

function runtimeDigest(name: string, payload: Uint8Array): Uint8Array {
  const type = new Uint8Array(4);
  new DataView(type.buffer).setUint32(0, DSTACK_RUNTIME_EVENT, true);
  return sha384(concatBytes(type, utf8(`:${name}:`), payload));
}

/** Registers 0 to 3 after all events, from zero. */
export function replayEvents(events: readonly LoggedEvent[]): readonly Uint8Array[] {
  const registers = Array.from({ length: REGISTERS }, () => new Uint8Array(DIGEST_BYTES));
  return events.reduce<readonly Uint8Array[]>(
    (before, { register, type, digest }) =>
      type === EV_NO_ACTION
        ? before
        : before.map((value, i) => (i === register ? sha384(concatBytes(value, digest)) : value)),
    registers,
  );
}

/**
 * Whether the replay of a log gives the registers of a quote.
 *
 * @param rtmrs four, of a verified quote
 */
export function verifyEventLog(
  events: readonly LoggedEvent[],
  rtmrs: readonly Uint8Array[],
): Result<readonly LoggedEvent[], EventLogError> {
  const replayed = replayEvents(events);
  const register = replayed.findIndex((value, i) => !equalBytes(value, rtmrs[i] ?? NOTHING));
  return register < 0 ? ok(events) : fail({ code: "attestation/rtmr-mismatch", register });
}

const NOTHING = new Uint8Array(0);
