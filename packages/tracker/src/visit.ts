/**
 * A visit as bytes: `u16 LE length ‖ SCALE visit ‖ zeros`, in one of three lengths, so that those of paths do not show.
 *
 * The same bytes as the contract's codec; written out, because a page that is visited should not load a library for it.
 */

/** What a page says of a visit; nothing else leaves it. */
export interface Visit {
  /** Name of an event; empty for a page view. */
  readonly event: string;
  readonly path: string;
  /** Host of the referrer, empty when there is none or when it is this one. */
  readonly referrerHost: string;
  readonly userAgent: string;
  /** 32 bytes: account of a visitor who wants to see and delete the visit. */
  readonly account: Uint8Array | undefined;
}

/** Most bytes of each text; longer ones are cut. */
export const MAX_BYTES = { event: 64, path: 512, referrerHost: 128, userAgent: 256 } as const;

const BUCKETS = [256, 512, 1024];

export function encodeVisit(visit: Visit): Uint8Array<ArrayBuffer> {
  const parts: number[] = [];
  for (const name of ["event", "path", "referrerHost", "userAgent"] as const) {
    const bytes = cut(visit[name], MAX_BYTES[name]);
    const { length } = bytes;
    // A compact number of SCALE, of one or two bytes.
    if (length < 64) parts.push(length << 2);
    else parts.push(((length << 2) & 255) | 1, length >> 6);
    parts.push(...bytes);
  }
  if (visit.account?.length === 32) parts.push(1, ...visit.account);
  else parts.push(0);
  const size = BUCKETS.find((bucket) => bucket >= parts.length + 2) ?? 1024;
  const padded = new Uint8Array(size);
  padded.set([parts.length & 255, parts.length >> 8, ...parts]);
  return padded;
}

/** As many whole characters as fit; lone halves of a pair become the mark of what cannot be written. */
function cut(text: string, most: number): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  let end = Math.min(most, bytes.length);
  // Bytes 10xxxxxx go on with a character.
  while (end < bytes.length && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
