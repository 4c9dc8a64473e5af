/** Encoding in the journal of a set of writes that takes effect at once. */
import { boundedBytes, type Codec, option, struct, vec } from "@pha/scale";
import type { KeyValueWrite } from "@pha/state";

export type WriteBatch = readonly KeyValueWrite[];

/** Longest key; the on-disk tree holds at most about 2 kB. */
const MAX_KEY_BYTES = 1024;

export const WriteBatch: Codec<WriteBatch> = vec(
  struct({ key: boundedBytes(MAX_KEY_BYTES), value: option(boundedBytes(64 << 20)) }),
  1 << 22,
);
