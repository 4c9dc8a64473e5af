/** Layout of the mailbox between engine and contract, engine line `javascript/1`. Numbers are part of the format. */

/** Where an operation's data begins; before it lie result and call. */
export const DATA_AT = 112;
/** Bytes of the mailbox: head, one longest value and its key. */
export const BOX_BYTES = DATA_AT + (64 << 10) + 1024;

/** Operations; `a` and `b` are lengths of what lies in the data area unless said otherwise. */
export const OP = {
  /** a: offset → count of bytes copied into the data area. */
  args: 0,
  /** a: key → length of the value there, or −1. */
  get: 1,
  /** a: key, b: value behind it. */
  put: 2,
  /** a: key. */
  delete: 3,
  /** a: prefix, b: key behind which to go on, 0 at first → count of entries `u32 ‖ u32 ‖ key ‖ value`. */
  scan: 4,
  /** → 32 bytes. */
  random: 5,
  /** a: domain, b: data behind it → 32 bytes. */
  pseudonym: 6,
  /** a: result. Ends the call well. */
  output: 7,
  /** a: error code. Ends the call. */
  fail: 8,
  /** a: not a number but the text → its length in ASCII, or −1 when it does not fit. */
  text: 9,
  /** a: key of an entry that is opened to the caller. */
  open: 10,
  /** a: domain → 32 bytes. */
  boxKey: 11,
  /** a: domain, b: box behind it → length of what it holds, in place of both, or −1. */
  openBox: 12,
} as const;

/**
 * Byte offsets in front of the data area: the last operation's result, and the call, written by the engine before it
 * runs the entry. The first arguments lie in the data area.
 */
export const FRAME = {
  /** i32. */
  result: 0,
  /** u32: 0 instantiate, 1 command, 2 query. */
  kind: 4,
  /** Four bytes, read as u32 LE. */
  selector: 8,
  /** u32. */
  argsLength: 12,
  /** u32: whether caller and owner are equal. */
  callerIsOwner: 16,
  /** u32. */
  blockNumber: 20,
  /** u64. */
  timestampMs: 24,
  /** 32 bytes. */
  caller: 32,
  /** 32 bytes. */
  owner: 64,
} as const;
