import { createHash } from "node:crypto";
import { concatBytes, plainBytes, toHex, utf8, utf8ToText } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { fuzz, hostileBytes, LONG_TIMEOUT_MS } from "../testing/mutate.ts";
import {
  type LoggedEvent,
  parseCcel,
  parseDstackEventLog,
  replayEvents,
  verifyEventLog,
} from "./event-log.ts";

const sha384 = (...parts: readonly Uint8Array[]): Uint8Array =>
  plainBytes(
    createHash("sha384")
      .update(concatBytes(...parts))
      .digest(),
  );
const u16 = (value: number): Uint8Array => Uint8Array.of(value & 255, value >> 8);
const u32 = (value: number): Uint8Array =>
  concatBytes(u16(value & 0xffff), u16((value >>> 16) & 0xffff));

const spec = utf8("Spec ID Event03\0rest");
const header = concatBytes(u32(1), u32(3), new Uint8Array(20), u32(spec.length), spec);

function record(index: number, text: string, type = 4, algorithms = [12]): Uint8Array {
  const digests = algorithms.map((algorithm) =>
    concatBytes(
      u16(algorithm),
      algorithm === 12 ? sha384(utf8(text)) : new Uint8Array(algorithm === 11 ? 32 : 64),
    ),
  );
  const data = utf8(text);
  return concatBytes(
    u32(index),
    u32(type),
    u32(digests.length),
    ...digests,
    u32(data.length),
    data,
  );
}

const zero = new Uint8Array(48);
const extended = (...texts: readonly string[]): Uint8Array =>
  texts.reduce<Uint8Array>((register, text) => sha384(register, sha384(utf8(text))), zero);

function told(
  result: { ok: true } | { ok: false; error: { readonly code: string; readonly reason?: string } },
): string {
  return result.ok ? "ok" : [result.error.code, result.error.reason ?? ""].join(" ").trim();
}

describe("the firmware's log", () => {
  const log = concatBytes(
    header,
    record(0, "launch"),
    record(1, "a"),
    record(2, "b", 4, [11, 12]),
    record(1, "skipped", 3),
    record(1, "c"),
    record(4, "d"),
  );

  test("replays to the registers, in order, without what belongs to the launch or is no action", () => {
    const events = parseCcel(log);
    const registers = [extended("a", "c"), extended("b"), zero, extended("d")];
    expect(events.ok && replayEvents(events.value)).toEqual(registers);
    const list = events.ok ? events.value : [];
    expect(verifyEventLog(list, registers).ok).toBe(true);
    for (const register of [0, 1, 2, 3]) {
      const other = registers.with(register, sha384(utf8("other")));
      expect(verifyEventLog(list, other)).toEqual({
        ok: false,
        error: { code: "attestation/rtmr-mismatch", register },
      });
    }
    expect(told(verifyEventLog(list.toReversed(), registers))).toBe("attestation/rtmr-mismatch");
  });

  test("is filled with bytes of 255, and with nothing else", () => {
    const padding = new Uint8Array(100).fill(255);
    expect(parseCcel(concatBytes(log, padding))).toEqual(parseCcel(log));
    padding[60] = 0;
    const malformed = "attestation/event-log-malformed";
    expect(told(parseCcel(concatBytes(log, padding)))).toBe(`${malformed} bytes in the padding`);
    for (const [bytes, reason] of [
      [log.subarray(0, log.length - 1), "ends early"],
      [concatBytes(log, Uint8Array.of(1)), "ends early"],
      [concatBytes(u32(1), u32(4), header.subarray(8)), "the header is unknown"],
      [concatBytes(header, record(5, "a")), "a register is unknown"],
      [concatBytes(header, record(1, "a", 4, [11])), "a SHA-384 digest is missing"],
      [concatBytes(header, record(1, "a", 4, [12, 12])), "a digest is unknown or occurs twice"],
      [concatBytes(header, record(1, "a", 4, [99])), "a digest is unknown or occurs twice"],
      [new Uint8Array((1 << 20) + 1), "too long"],
      [new Uint8Array(0), "ends early"],
      [concatBytes(header, ...new Array<Uint8Array>(4097).fill(record(1, ""))), "too many events"],
    ] as const)
      expect(told(parseCcel(bytes)), reason).toBe(`${malformed} ${reason}`);
  });

  test(
    "of hostile bytes is refused, or replays to four registers",
    () =>
      fuzz((seed) => {
        const events = parseCcel(hostileBytes(log, seed));
        if (!events.ok) expect(events.error.code).toBe("attestation/event-log-malformed");
        else expect(replayEvents(events.value)).toHaveLength(4);
      }),
    LONG_TIMEOUT_MS,
  );
});

describe("dstack's log", () => {
  const runtime = 0x0800_0001;
  const digestOf = (name: string, payload: Uint8Array): Uint8Array =>
    sha384(u32(runtime), utf8(`:${name}:`), payload);
  const hex = (bytes: Uint8Array): string => toHex(bytes).slice(2);
  const event = (name: string, change: object = {}): object => ({
    imr: 3,
    event_type: runtime,
    digest: hex(digestOf(name, utf8("payload"))),
    event: name,
    event_payload: hex(utf8("payload")),
    ...change,
  });
  const of = (...events: readonly object[]) => parseDstackEventLog(JSON.stringify(events));

  test("computes digests of its own events, and takes them of the firmware's", () => {
    const firmware = { imr: 0, event_type: 1, digest: hex(sha384(utf8("f"))), event: "" };
    const log = of(
      { ...firmware, event_payload: "00" },
      event("app-id"),
      event("system-ready", { digest: "" }),
    );
    expect(log.ok).toBe(true);
    const events: readonly LoggedEvent[] = log.ok ? log.value : [];
    expect(events[2]?.digest).toEqual(digestOf("system-ready", utf8("payload")));
    const payload = utf8("payload");
    const third = [digestOf("app-id", payload), digestOf("system-ready", payload)].reduce(
      (register, digest) => sha384(register, digest),
      zero,
    );
    expect(told(verifyEventLog(events, [extended("f"), zero, zero, third]))).toBe("ok");
  });

  test("is refused when an event is not what its digest says, or says nothing", () => {
    const malformed = "attestation/event-log-malformed";
    expect(of(event("a"), event("b", { event: "c" }))).toEqual({
      ok: false,
      error: { code: "attestation/event-digest", event: 1 },
    });
    expect(told(of(event("a", { event_payload: "00" })))).toBe("attestation/event-digest");
    expect(told(of(event("a", { event_type: 1, digest: "" })))).toBe(
      `${malformed} a digest is missing`,
    );
    expect(told(of(event("a", { digest: "00" })))).toBe(`${malformed} a digest has another length`);
    for (const change of [{ imr: 4 }, { imr: -1 }, { event: 1 }, { event_payload: "0x00" }])
      expect(told(of(event("a", change)))).toMatch(malformed);
    expect(told(parseDstackEventLog("{}"))).toMatch(malformed);
    expect(told(parseDstackEventLog(" ".repeat((1 << 20) + 1)))).toBe(`${malformed} too long`);
    const many = JSON.stringify(new Array(4097).fill(event("a")));
    expect(told(parseDstackEventLog(many))).toBe(`${malformed} too many events`);
  });

  test(
    "of hostile bytes is refused, or has the events it had",
    async () => {
      const log = utf8(JSON.stringify([event("app-id"), event("system-ready")]));
      await fuzz((seed) => {
        const events = parseDstackEventLog(utf8ToText(hostileBytes(log, seed)) ?? "");
        if (events.ok) expect(events.value.length).toBeLessThanOrEqual(2);
        else expect(events.error.code).toMatch(/^attestation\/event-(log-malformed|digest)$/);
      });
    },
    LONG_TIMEOUT_MS,
  );
});
