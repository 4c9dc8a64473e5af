/** Size buckets that hide the length of sealed plaintext (protocol §4). */
import { fail, ok, type Result } from "@pha/scale";

/** Commands and replies. */
export const COMMAND_BUCKETS: readonly number[] = [256, 1024, 4096, 16384, 65536, 262144];
/** Deltas. */
export const DELTA_BUCKETS: readonly number[] = [1024, 4096, 16384, 65536, 262144];

export type PaddingError =
  | { readonly code: "padding/too-long"; readonly bytes: number; readonly most: number }
  | { readonly code: "padding/malformed" };

/** u32 LE length ‖ content ‖ zeros, up to the smallest bucket that holds it. */
export function pad(
  content: Uint8Array,
  buckets: readonly number[],
): Result<Uint8Array, PaddingError> {
  const bucket = buckets.find((size) => content.length + 4 <= size);
  if (bucket === undefined)
    return fail({
      code: "padding/too-long",
      bytes: content.length,
      most: (buckets.at(-1) ?? 4) - 4,
    });
  const padded = new Uint8Array(bucket);
  new DataView(padded.buffer).setUint32(0, content.length, true);
  padded.set(content, 4);
  return ok(padded);
}

/** Inverse of `pad`; refuses other sizes, wrong lengths and non-zero padding. */
export function unpad(
  padded: Uint8Array,
  buckets: readonly number[],
): Result<Uint8Array, PaddingError> {
  const at = buckets.indexOf(padded.length);
  if (at < 0) return fail({ code: "padding/malformed" });
  const view = new DataView(padded.buffer, padded.byteOffset, padded.byteLength);
  const length = view.getUint32(0, true);
  const least = at === 0 ? 0 : (buckets[at - 1] ?? 0) - 3;
  if (length + 4 > padded.length || length < least) return fail({ code: "padding/malformed" });
  for (let i = length + 4; i < padded.length; i++)
    if (padded[i] !== 0) return fail({ code: "padding/malformed" });
  return ok(padded.subarray(4, 4 + length));
}
