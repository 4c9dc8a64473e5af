/**
 * One visit of a page as its tracker seals it, and the forms in which visits come.
 *
 * In a box lies `u16 LE length ‖ SCALE visit ‖ zeros`, 256, 512 or 1,024 bytes long, so that lengths of paths do not show.
 */
import { text } from "@pha/contract";
import {
  boundedBytes,
  type CodecType,
  decode,
  encode,
  fixedBytes,
  option,
  struct,
  u8,
  u32,
  vec,
} from "@pha/scale";

/** Most bytes of texts. */
export const MAX_VISIT_BYTES = {
  address: 64,
  event: 64,
  path: 512,
  referrerHost: 128,
  userAgent: 256,
} as const;
export const MAX_PATH_BYTES = MAX_VISIT_BYTES.path;

export const Visit = struct({
  /** Name of an event; empty for a page view. */
  event: text(MAX_VISIT_BYTES.event),
  path: text(MAX_PATH_BYTES),
  /** Host of the referrer, empty when there is none. */
  referrerHost: text(MAX_VISIT_BYTES.referrerHost),
  /** As the browser says it; only its class is kept. */
  userAgent: text(MAX_VISIT_BYTES.userAgent),
  /** Account of a visitor who wants to see and delete the visit. */
  account: option(fixedBytes(32)),
});
export type Visit = CodecType<typeof Visit>;

/** Lengths of what a box holds. */
export const VISIT_BUCKETS: readonly number[] = [256, 512, 1024];
/** Domain of the key to which visits are sealed. */
export const VISIT_DOMAIN = "visit";
/** Suite byte, encapsulated key, padded visit, tag. */
const MAX_BOX_BYTES = 1 + 32 + 1024 + 16;

/** What a collector brings: a box, and the address that it came from, as the collector says. */
export const BroughtView = struct({
  box: boundedBytes(MAX_BOX_BYTES),
  address: text(MAX_VISIT_BYTES.address),
});
export type BroughtView = CodecType<typeof BroughtView>;
export const BroughtViews = vec(BroughtView, 32);

/** What came of them. */
export const Collected = struct({ counted: u32, refused: u32 });

/** A visit of a log that the owner has. */
export const LoggedVisit = struct({
  address: text(MAX_VISIT_BYTES.address),
  /** `2015-05-17`. */
  day: text(10),
  /** 0 to 23. */
  hour: u8,
  visit: Visit,
});
export type LoggedVisit = CodecType<typeof LoggedVisit>;
export const LoggedVisits = vec(LoggedVisit, 32);

/** Nothing for whatever is no padded visit. */
export function openVisit(plain: Uint8Array | undefined): Visit | undefined {
  if (plain === undefined || !VISIT_BUCKETS.includes(plain.length)) return undefined;
  const end = 2 + (plain[0] ?? 0) + 256 * (plain[1] ?? 0);
  if (end > plain.length) return undefined;
  if (plain.subarray(end).some((byte) => byte !== 0)) return undefined;
  const visit = decode(Visit, plain.subarray(2, end));
  return visit.ok ? visit.value : undefined;
}

/** For tests and programs that have codecs; pages have the tracker's own. */
export function padVisit(visit: Visit): Uint8Array {
  const encoded = encode(Visit, visit);
  const size = VISIT_BUCKETS.find((bucket) => bucket >= encoded.length + 2) ?? 0;
  const padded = new Uint8Array(size);
  padded.set([encoded.length & 255, encoded.length >> 8]);
  padded.set(encoded, 2);
  return padded;
}
