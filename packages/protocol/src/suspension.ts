/** Why a worker's messages do not count: chain and clients read it alike. */
import { type CodecType, struct, u32, unit, variant, variants } from "@pha/scale";
import { Ed25519Key } from "./ids.ts";

export const SuspensionReason = variants(
  {
    /** The same platform served two operators. */
    SharedPlatform: variant(0, unit),
    /** Two different votes on one block. */
    Equivocation: variant(1, unit),
    /** A vote that the majority contradicts; a new boot lifts it. */
    Dissent: variant(2, unit),
    /** Its platform was denied; a boot on another one, or on the same once it is readmitted, lifts it. */
    Denied: variant(3, unit),
    /** A panel found its vote wrong. */
    Judged: variant(4, unit),
    /** It did not show that it had executed what it voted for; a new boot lifts it. */
    NotExecuted: variant(5, unit),
    /** Its evidence satisfies no more; fresh evidence lifts it. */
    Evidence: variant(6, unit),
    /** Its pRuntime is older than the least version; a new boot of a newer one lifts it. */
    OldVersion: variant(7, unit),
  },
  { path: ["pha_runtime", "phala_registry", "SuspensionReason"] },
);
export type SuspensionReason = CodecType<typeof SuspensionReason>;

export const Suspension = struct(
  { reason: SuspensionReason, boot: Ed25519Key, since: u32 },
  { path: ["pha_runtime", "phala_registry", "Suspension"] },
);

export type Suspension = CodecType<typeof Suspension>;
