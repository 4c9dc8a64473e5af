/**
 * What GRANDPA announces in header digests: scheduled and forced changes of its authority set.
 *
 * **Trust**: a digest is as good as the header's finality; an undecodable item is refused here, not skipped, because a
 * light client that missed a change would follow the old set.
 */
import {
  type Codec,
  type DecodeError,
  decode,
  encode,
  fail,
  ok,
  type Result,
  struct,
  u32,
  u64,
  variant,
  variants,
} from "@pha/scale";
import { Authorities, type Authority } from "../authorities.ts";
import type { DigestItem, Header } from "../header.ts";

export const GRANDPA_ENGINE = "FRNK";

export interface ScheduledChange {
  readonly authorities: readonly Authority[];
  /** Blocks between announcement and effect. */
  readonly delay: number;
}

export interface ForcedChange extends ScheduledChange {
  /** Best finalized height when the change was forced. */
  readonly medianLastFinalized: number;
}

export type GrandpaDigest =
  | { readonly type: "ScheduledChange"; readonly value: ScheduledChange }
  | { readonly type: "ForcedChange"; readonly value: ForcedChange }
  | { readonly type: "OnDisabled"; readonly value: bigint }
  | { readonly type: "Pause"; readonly value: number }
  | { readonly type: "Resume"; readonly value: number };

export type GrandpaDigestError =
  | { readonly code: "grandpa/bad-digest"; readonly cause: DecodeError }
  /** A header announces at most one change of each kind. */
  | { readonly code: "grandpa/repeated-change" };

export const ScheduledChange: Codec<ScheduledChange> = struct({
  authorities: Authorities,
  delay: u32,
});

export const GrandpaDigest: Codec<GrandpaDigest> = variants({
  ScheduledChange: variant(1, ScheduledChange),
  ForcedChange: variant(
    2,
    struct({ medianLastFinalized: u32, authorities: Authorities, delay: u32 }),
  ),
  OnDisabled: variant(3, u64),
  Pause: variant(4, u32),
  Resume: variant(5, u32),
});

/** Both kinds of change a header announces. */
export interface AnnouncedChanges {
  readonly scheduled?: ScheduledChange;
  readonly forced?: ForcedChange;
}

const NO_CHANGES: AnnouncedChanges = {};

export function announcedChangesOf(header: Header): Result<AnnouncedChanges, GrandpaDigestError> {
  let changes = NO_CHANGES;
  for (const item of header.digest) {
    if (item.type !== "Consensus" || item.value.engine !== GRANDPA_ENGINE) continue;
    const decoded = decode(GrandpaDigest, item.value.data);
    if (!decoded.ok) return fail({ code: "grandpa/bad-digest", cause: decoded.error });
    const { type, value } = decoded.value;
    if (type === "ScheduledChange") {
      if (changes.scheduled) return fail({ code: "grandpa/repeated-change" });
      changes = { ...changes, scheduled: value };
    } else if (type === "ForcedChange") {
      if (changes.forced) return fail({ code: "grandpa/repeated-change" });
      changes = { ...changes, forced: value };
    }
  }
  return ok(changes);
}

export function scheduledChangeOf(
  header: Header,
): Result<ScheduledChange | undefined, GrandpaDigestError> {
  const changes = announcedChangesOf(header);
  return changes.ok ? ok(changes.value.scheduled) : changes;
}

export function forcedChangeOf(
  header: Header,
): Result<ForcedChange | undefined, GrandpaDigestError> {
  const changes = announcedChangesOf(header);
  return changes.ok ? ok(changes.value.forced) : changes;
}

/** Digest item that carries `digest`. */
export function grandpaDigestItem(digest: GrandpaDigest): DigestItem {
  return {
    type: "Consensus",
    value: { engine: GRANDPA_ENGINE, data: encode(GrandpaDigest, digest) },
  };
}
