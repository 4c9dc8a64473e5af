/**
 * Lines of a contract's log, as they are kept and as its query gives them. **Bounds**: 128 lines of 256 bytes.
 *
 * The codecs are marked as pure, so that programs which read no logs are bundled without them.
 */
import { type CodecType, struct, u32, u64, vec } from "@pha/scale";
import { bytesToText, text, textToBytes } from "../text.ts";

/** Lines that are kept; a new one takes the place of the oldest. */
export const KEPT_LINES = 128;
/** Lines of one command; of further ones only their number is kept. */
export const MAX_LINES_PER_CALL = 16;
/** Longest text, in bytes of UTF-8. */
export const MAX_LINE_BYTES = 256;

export const LogLine = /* @__PURE__ */ struct({
  /** From 1, without gaps. */
  number: u64,
  /** Block of the command that wrote it, and that block's time in Unix milliseconds. */
  block: u32,
  timestampMs: u64,
  text: /* @__PURE__ */ text(MAX_LINE_BYTES),
});
export type LogLine = CodecType<typeof LogLine>;

/** All kept lines behind a number, oldest first; they fit into one reply. */
export const LogPage = /* @__PURE__ */ struct({
  /** Numbers of the oldest and of the newest line that are kept; zero when there are none. */
  oldest: u64,
  newest: u64,
  lines: /* @__PURE__ */ vec(LogLine, KEPT_LINES),
});
export type LogPage = CodecType<typeof LogPage>;

/** What the query takes: the number behind which lines are asked for. */
export const LogArgs = /* @__PURE__ */ struct({ after: u64 });

const CUT_MARK = "…";
const CUT_BYTES = MAX_LINE_BYTES - 3;
/** Bytes of UTF-8 that one unit of a text takes at most. */
const BYTES_PER_UNIT = 3;

/** The text, or as much of it as fits: whole characters, and a mark. */
export function cutText(whole: string): string {
  if (whole.length * BYTES_PER_UNIT <= MAX_LINE_BYTES) return whole;
  // A longer head has as many bytes or more: what lies behind it is not looked at.
  const bytes = textToBytes(whole.slice(0, MAX_LINE_BYTES + 1));
  if (bytes.length <= MAX_LINE_BYTES) return whole;
  let end = CUT_BYTES;
  while (isInsideCharacter(bytes[end])) end--;
  return `${bytesToText(bytes.subarray(0, end)) ?? ""}${CUT_MARK}`;
}

function isInsideCharacter(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}
