import { bytes, decode, encode } from "@pha/scale";
import { expect, test } from "vitest";
import {
  createFrameSplitter,
  EngineAnswerCodec,
  EngineRequestCodec,
  frameOf,
} from "./engine-frames.ts";

const ID = new Uint8Array(32).fill(1);
const CALL = {
  contract: ID,
  kind: "command",
  selector: Uint8Array.of(1, 2, 3, 4),
  args: Uint8Array.of(5),
  caller: ID,
  fuelLimit: 7n,
  seed: ID,
} as const;
const BLOCK = { number: 3, timestampMs: 4n };

test.each([
  { type: "reset" },
  { type: "load-state", entries: [{ contract: ID, key: Uint8Array.of(1), value: undefined }] },
  { type: "load-contract", contract: ID, code: ID, owner: ID, pseudonymKey: ID },
  {
    type: "run",
    job: 9,
    block: BLOCK,
    calls: [CALL, { ...CALL, kind: "instantiate" }],
    softWriteBytes: 5,
  },
  { type: "finalize", job: 9 },
  { type: "query", query: 2, block: BLOCK, call: { ...CALL, kind: "query" } },
] as const)("request $type survives the wire", (request) => {
  expect(decode(EngineRequestCodec, encode(EngineRequestCodec, request))).toEqual({
    ok: true,
    value: request,
  });
});

test("answers survive the wire and truncated ones are refused", () => {
  const answer = {
    type: "ran",
    job: 1,
    outcomes: [
      { status: "ok", output: ID, fuelUsed: 1n, writes: [{ key: ID, value: undefined }] },
      { status: "failed", code: "a/b", fuelUsed: 2n },
      { status: "trapped", reason: "memory", fuelUsed: 3n },
    ],
  } as const;
  const bytes = encode(EngineAnswerCodec, answer);
  expect(decode(EngineAnswerCodec, bytes)).toEqual({ ok: true, value: answer });
  for (let length = 0; length < bytes.length; length++)
    expect(decode(EngineAnswerCodec, bytes.subarray(0, length)).ok).toBe(false);
});

test("frames come out whole however the bytes are cut", () => {
  const texts = [Uint8Array.of(), Uint8Array.of(1, 2, 3), new Uint8Array(1000).fill(7)];
  const bodies = texts.map((text) => encode(bytes, text));
  const stream = Buffer.concat(texts.map((text) => frameOf(bytes, text)));
  for (const size of [1, 3, 7, 64, 5000]) {
    const splitter = createFrameSplitter();
    const out: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      const cut = splitter.push(stream.subarray(at, at + size));
      if (cut.ok) out.push(...cut.value);
    }
    expect(out).toEqual(bodies);
  }
});

test("a frame beyond the bound is refused by its length alone", () => {
  expect(createFrameSplitter().push(Uint8Array.of(255, 255, 255, 255))).toEqual({
    ok: false,
    error: { code: "engine/frame-too-long" },
  });
});
