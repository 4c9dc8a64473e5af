/** What a pRuntime binds to its evidence and registers on chain (protocol §1). */
import { blake2b256 } from "@pha/crypto";
import {
  type CodecType,
  concatBytes,
  encode,
  struct,
  u32,
  unit,
  variant,
  variants,
} from "@pha/scale";
import { DOMAIN } from "./domain.ts";
import { AccountId, BlockRef, Ed25519Key, Hash, Sr25519Key, X25519Key } from "./ids.ts";

export const WorkerRole = variants(
  { Worker: variant(0, unit), Gatekeeper: variant(1, unit) },
  { path: ["pha_protocol", "registration", "WorkerRole"] },
);
export type WorkerRole = CodecType<typeof WorkerRole>;

export const Registration = struct(
  {
    genesisHash: Hash,
    /** Made inside, sealed on disk, stays over restarts. */
    identity: Sr25519Key,
    /** Made at every start; signs messages, votes and answers. */
    boot: Ed25519Key,
    /** Made at every start; receives queries. */
    bootEncryption: X25519Key,
    operator: AccountId,
    role: WorkerRole,
    /** Version of the pRuntime, `major << 16 | minor << 8 | patch`. */
    version: u32,
    /** Bit set of optional abilities; none is defined yet. */
    features: u32,
    /** Recent finalized block that makes the evidence fresh. */
    at: BlockRef,
  },
  { path: ["pha_protocol", "registration", "Registration"] },
);
export type Registration = CodecType<typeof Registration>;

/** 64 bytes bound into evidence: digest of the registration ‖ hash of the finalized block (attestation.md §7.1). */
export function registrationReportData(registration: Registration): Uint8Array {
  const digest = blake2b256(
    concatBytes(DOMAIN.attest, Uint8Array.of(0), encode(Registration, registration)),
  );
  return concatBytes(digest, registration.at.hash);
}
