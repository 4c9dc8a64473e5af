/** `Result` as Rust encodes it: 0 and the value, or 1 and the error. */
import { type Codec, DecodeFailure, ok, type Reader, type Result, unit } from "@pha/scale";
import { DispatchError } from "../dispatch/dispatch-error.ts";

export function resultCodec<T, E>(value: Codec<T>, error: Codec<E>): Codec<Result<T, E>> {
  return {
    shape: {
      kind: "variant",
      path: ["Result"],
      params: [
        { name: "T", shape: value.shape },
        { name: "E", shape: error.shape },
      ],
      variants: [
        { name: "Ok", index: 0, fields: [{ shape: value.shape }] },
        { name: "Err", index: 1, fields: [{ shape: error.shape }] },
      ],
    },
    minBytes: 1,
    write(writer, result) {
      writer.u8(result.ok ? 0 : 1);
      if (result.ok) value.write(writer, result.value);
      else error.write(writer, result.error);
    },
    read(reader: Reader): Result<T, E> {
      const tag = reader.u8();
      if (tag > 1) throw new DecodeFailure("unknown-variant");
      if (tag === 0) return ok(value.read(reader));
      const failure = error.read(reader);
      return { ok: false, error: failure };
    },
  };
}

export type DispatchResult = Result<undefined, DispatchError>;
export const DispatchResult: Codec<DispatchResult> = resultCodec(unit, DispatchError);
