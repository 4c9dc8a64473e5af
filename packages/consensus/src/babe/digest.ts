/** What BABE puts into header digests: the slot claim before execution, epoch changes, the seal. */
import type { VrfOutput } from "@pha/crypto";
import {
  type Codec,
  type DecodeError,
  decode,
  encode,
  fail,
  fixedBytes,
  ok,
  type Result,
  struct,
  tuple,
  u32,
  u64,
  variant,
  variants,
} from "@pha/scale";
import { Authorities, type Authority } from "../authorities.ts";
import type { DigestItem, Header } from "../header.ts";
import { AllowedSlots, type BabeEpochConfig } from "./epoch.ts";

export const BABE_ENGINE = "BABE";

const vrfOutput: Codec<VrfOutput> = struct({
  preOutput: fixedBytes(32),
  proof: fixedBytes(64),
});

/** Claim of a slot by an authority of its epoch. */
export type BabePreDigest =
  | {
      readonly type: "Primary";
      readonly value: SlotOfAuthority & { readonly vrf: VrfOutput };
    }
  | { readonly type: "SecondaryPlain"; readonly value: SlotOfAuthority }
  | {
      readonly type: "SecondaryVrf";
      readonly value: SlotOfAuthority & { readonly vrf: VrfOutput };
    };

export interface SlotOfAuthority {
  readonly authorityIndex: number;
  readonly slot: bigint;
}

const withVrf = struct({ authorityIndex: u32, slot: u64, vrf: vrfOutput });

export const BabePreDigest: Codec<BabePreDigest> = variants({
  Primary: variant(1, withVrf),
  SecondaryPlain: variant(2, struct({ authorityIndex: u32, slot: u64 })),
  SecondaryVrf: variant(3, withVrf),
});

/** Announced by the first block of an epoch, for the epoch after it. */
export interface BabeEpochDescriptor {
  readonly authorities: readonly Authority[];
  /** 32 bytes. */
  readonly randomness: Uint8Array;
}

export const BabeEpochDescriptor: Codec<BabeEpochDescriptor> = struct({
  authorities: Authorities,
  randomness: fixedBytes(32),
});

export type BabeConsensusLog =
  | { readonly type: "NextEpochData"; readonly value: BabeEpochDescriptor }
  | { readonly type: "OnDisabled"; readonly value: number }
  | {
      readonly type: "NextConfigData";
      readonly value: { readonly type: "V1"; readonly value: BabeEpochConfig };
    };

export const BabeConsensusLog: Codec<BabeConsensusLog> = variants({
  NextEpochData: variant(1, BabeEpochDescriptor),
  OnDisabled: variant(2, u32),
  NextConfigData: variant(
    3,
    variants({ V1: variant(1, struct({ c: tuple(u64, u64), allowedSlots: AllowedSlots })) }),
  ),
});

export type BabeDigestError =
  | { readonly code: "babe/bad-digest"; readonly cause: DecodeError }
  | { readonly code: "babe/repeated-digest" };

/** Epoch change that a header announces; a configuration comes only with an epoch's data. */
export interface BabeAnnouncement {
  readonly nextEpoch?: BabeEpochDescriptor;
  readonly nextConfig?: BabeEpochConfig;
}

export function babeAnnouncementOf(header: Header): Result<BabeAnnouncement, BabeDigestError> {
  let announcement: BabeAnnouncement = {};
  for (const item of header.digest) {
    if (item.type !== "Consensus" || item.value.engine !== BABE_ENGINE) continue;
    const decoded = decode(BabeConsensusLog, item.value.data);
    if (!decoded.ok) return fail({ code: "babe/bad-digest", cause: decoded.error });
    const log = decoded.value;
    if (log.type === "NextEpochData") {
      if (announcement.nextEpoch) return fail({ code: "babe/repeated-digest" });
      announcement = { ...announcement, nextEpoch: log.value };
    } else if (log.type === "NextConfigData") {
      if (announcement.nextConfig) return fail({ code: "babe/repeated-digest" });
      announcement = { ...announcement, nextConfig: log.value.value };
    }
  }
  return ok(announcement);
}

export function babePreDigestItem(preDigest: BabePreDigest): DigestItem {
  return {
    type: "PreRuntime",
    value: { engine: BABE_ENGINE, data: encode(BabePreDigest, preDigest) },
  };
}

export function babeConsensusItem(log: BabeConsensusLog): DigestItem {
  return {
    type: "Consensus",
    value: { engine: BABE_ENGINE, data: encode(BabeConsensusLog, log) },
  };
}

/** @param signature sr25519 over `sealPayload` of the header so far, 64 bytes */
export function babeSealItem(signature: Uint8Array): DigestItem {
  return { type: "Seal", value: { engine: BABE_ENGINE, data: signature } };
}
