/**
 * Frames between pRuntime and an engine process: `u32 LE length ‖ SCALE body`, requests one way, responses the other.
 *
 * **Bounds**: `MAX_FRAME_BYTES`, and each field its own. **Trust**: requests are pRuntime's; responses come from a
 * process that runs hostile code, so they are decoded as foreign data.
 */

import { MAX_OPENED_FIELDS } from "@pha/contract/guest";
import { createByteQueue, writeU32 } from "@pha/protocol/pipe";
import {
  boundedBytes,
  boundedStr,
  type Codec,
  type CodecType,
  encode,
  fail,
  fixedBytes,
  mapCodec,
  ok,
  option,
  type Result,
  struct,
  u32,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import type { EngineCall, EngineOutcome, EngineRequest, EngineResponse } from "../core/index.ts";
import { MAX_KEY_BYTES, MAX_REPLY_BYTES, MAX_VALUE_BYTES } from "./engine.ts";

export const MAX_FRAME_BYTES = 64 << 20;
const MAX_CODE_BYTES = 1 << 20;
const MAX_ARGS_BYTES = 1 << 20;
const MAX_CALLS = 4096;
const MAX_WRITES = 1 << 16;

const Id = fixedBytes(32);
const Key = boundedBytes(MAX_KEY_BYTES);
const Value = boundedBytes(MAX_VALUE_BYTES);

const StateEntry = struct({ contract: Id, key: Key, value: option(Value) });
const Block = struct({ number: u32, timestampMs: u64 });

function oneOf<const T extends string>(...names: readonly T[]): Codec<T> {
  const cases: Record<string, ReturnType<typeof variant<undefined>>> = {};
  names.forEach((name, i) => {
    cases[name] = variant(i, unit);
  });
  return mapCodec(
    variants(cases),
    // The codec above has exactly these names.
    ({ type }) => type as T,
    (name) => ({ type: name, value: undefined }),
  );
}

const Call: Codec<EngineCall> = struct({
  contract: Id,
  kind: oneOf("instantiate", "command", "query"),
  selector: fixedBytes(4),
  args: boundedBytes(MAX_ARGS_BYTES),
  caller: Id,
  fuelLimit: u64,
  seed: fixedBytes(32),
});

const RequestWire = variants({
  reset: variant(0, unit),
  "load-state": variant(1, struct({ entries: vec(StateEntry) })),
  "load-contract": variant(
    2,
    struct({ contract: Id, code: boundedBytes(MAX_CODE_BYTES), owner: Id, pseudonymKey: Id }),
  ),
  run: variant(
    3,
    struct({ job: u32, block: Block, calls: vec(Call, MAX_CALLS), softWriteBytes: u32 }),
  ),
  finalize: variant(4, struct({ job: u32 })),
  query: variant(5, struct({ query: u32, block: Block, call: Call })),
});

export const EngineRequestCodec: Codec<EngineRequest> = mapCodec(
  RequestWire,
  (wire): EngineRequest => {
    switch (wire.type) {
      case "reset":
        return { type: "reset" };
      case "load-state":
        return { type: "load-state", ...wire.value };
      case "load-contract":
        return { type: "load-contract", ...wire.value };
      case "run":
        return { type: "run", ...wire.value };
      case "finalize":
        return { type: "finalize", ...wire.value };
      case "query":
        return { type: "query", ...wire.value };
    }
  },
  (request): CodecType<typeof RequestWire> => {
    switch (request.type) {
      case "reset":
        return { type: "reset", value: undefined };
      case "load-state":
        return { type: "load-state", value: request };
      case "load-contract":
        return { type: "load-contract", value: request };
      case "run":
        return { type: "run", value: request };
      case "finalize":
        return { type: "finalize", value: request };
      case "query":
        return { type: "query", value: request };
    }
  },
);

const OutcomeWire = variants({
  ok: variant(
    0,
    struct({
      output: boundedBytes(MAX_REPLY_BYTES),
      fuelUsed: u64,
      writes: vec(struct({ key: Key, value: option(Value) }), MAX_WRITES),
    }),
  ),
  failed: variant(1, struct({ code: boundedStr(64), fuelUsed: u64 })),
  trapped: variant(
    2,
    struct({ reason: oneOf("fuel", "stack", "memory", "engine"), fuelUsed: u64 }),
  ),
});

const Outcome: Codec<EngineOutcome> = mapCodec(
  OutcomeWire,
  (wire): EngineOutcome => {
    switch (wire.type) {
      case "ok":
        return { status: "ok", ...wire.value };
      case "failed":
        return { status: "failed", ...wire.value };
      case "trapped":
        return { status: "trapped", ...wire.value };
    }
  },
  (outcome): CodecType<typeof OutcomeWire> => {
    switch (outcome.status) {
      case "ok":
        return { type: "ok", value: outcome };
      case "failed":
        return { type: "failed", value: outcome };
      case "trapped":
        return { type: "trapped", value: outcome };
    }
  },
);

/** What a process can say; that it was restarted is its parent's to say. */
export type EngineAnswer = Exclude<EngineResponse, { readonly type: "restarted" }>;

const AnswerWire = variants({
  ran: variant(0, struct({ job: u32, outcomes: vec(Outcome, MAX_CALLS) })),
  queried: variant(
    1,
    struct({ query: u32, outcome: Outcome, opened: vec(Key, MAX_OPENED_FIELDS) }),
  ),
});

export const EngineAnswerCodec: Codec<EngineAnswer> = mapCodec(
  AnswerWire,
  (wire): EngineAnswer =>
    wire.type === "ran" ? { type: "ran", ...wire.value } : { type: "queried", ...wire.value },
  (answer): CodecType<typeof AnswerWire> =>
    answer.type === "ran" ? { type: "ran", value: answer } : { type: "queried", value: answer },
);

const HEAD_BYTES = 4;

export function frameOf<T>(codec: Codec<T>, message: T): Uint8Array {
  const frame = encode(
    {
      write(writer, value: T) {
        writer.u32(0);
        codec.write(writer, value);
      },
    },
    message,
  );
  writeU32(frame, 0, frame.length - HEAD_BYTES);
  return frame;
}

export interface FrameSplitter {
  /** Bodies of the frames that are whole with these bytes; an error is final. */
  push(
    bytes: Uint8Array,
  ): Result<readonly Uint8Array[], { readonly code: "engine/frame-too-long" }>;
}

export function createFrameSplitter(): FrameSplitter {
  const bytes = createByteQueue();
  let wanted: number | undefined;
  return {
    push(chunk) {
      bytes.push(chunk);
      const bodies: Uint8Array[] = [];
      for (;;) {
        wanted ??= bytes.takeU32();
        if (wanted === undefined) return ok(bodies);
        if (wanted > MAX_FRAME_BYTES) return fail({ code: "engine/frame-too-long" });
        const body = bytes.take(wanted);
        if (body === undefined) return ok(bodies);
        bodies.push(body);
        wanted = undefined;
      }
    },
  };
}
