/** One page view, as the site or its log tells it. Texts are bounded so that one command stays small. */
import { text } from "@pha/contract";
import { type CodecType, fixedBytes, option, struct, u8, u16, u64 } from "@pha/scale";

const MAX_TEXT_BYTES = 4096;
const long = text(MAX_TEXT_BYTES);

export const PageView = struct({
  ip: text(256),
  /** As logged: `17/May/2015`. */
  day: text(16),
  /** 0 to 23. */
  hour: u8,
  path: long,
  status: u16,
  bytes: u64,
  /** Host of the referrer, empty when there is none. */
  referrerHost: text(512),
  userAgent: long,
  /** Account of the visitor, who may then see and delete the view. */
  visitor: option(fixedBytes(32)),
});
export type PageView = CodecType<typeof PageView>;

/** Most page views of one command. */
export const MAX_VIEWS = 32;
