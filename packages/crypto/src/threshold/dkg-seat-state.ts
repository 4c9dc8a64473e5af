/** Vocabulary of `dkg-seat.ts`: what a seat hears, says and remembers. */
import type { DkgResult } from "./dkg.ts";
import type { ComplaintVerdict, DealingComplaint } from "./dkg-complaint.ts";
import type { Dealing } from "./dkg-dealing.ts";
import type { DkgRun } from "./dkg-run.ts";

export type DkgPhase = "keys" | "deal" | "complain" | "confirm";

export type DkgSeatInput =
  | ({
      readonly type: "run-started";
      readonly seat: number;
      /** Seats that nobody holds: they have a key that opens nothing, and never speak. */
      readonly empty: readonly number[];
      /** 32 fresh random bytes. */
      readonly entropy: Uint8Array;
    } & DkgRun)
  | {
      readonly type: "key-published";
      readonly seat: number;
      readonly oneTimePublicKey: Uint8Array;
    }
  | { readonly type: "dealing-published"; readonly seat: number; readonly dealing: Dealing }
  | {
      readonly type: "complaint-published";
      readonly seat: number;
      readonly complaint: DealingComplaint;
    }
  | { readonly type: "phase"; readonly name: DkgPhase }
  | { readonly type: "confirmed"; readonly seat: number; readonly transcriptHash: Uint8Array }
  | { readonly type: "activated" }
  /** The chain gave the run up. */
  | { readonly type: "run-failed" }
  /** Puts out again what this seat published and has not seen finalized. */
  | { readonly type: "resend" }
  | { readonly type: "erase" };

export type DkgSeatOutput =
  | { readonly type: "publish-key"; readonly oneTimePublicKey: Uint8Array }
  | { readonly type: "publish-dealing"; readonly dealing: Dealing }
  | { readonly type: "publish-complaint"; readonly complaint: DealingComplaint }
  | {
      readonly type: "publish-confirmation";
      readonly transcriptHash: Uint8Array;
      readonly rootPublicKey: Uint8Array;
    }
  /** Comes before the confirmation: whoever counts on the seat must find the share after a crash. */
  | {
      readonly type: "keep-share";
      readonly generation: bigint;
      readonly seat: number;
      /** The receiver's own bytes. */
      readonly share: Uint8Array;
    }
  | {
      readonly type: "share-ready";
      readonly generation: bigint;
      readonly seat: number;
      /** The state's own bytes: `erase` overwrites them. */
      readonly share: Uint8Array;
      readonly result: DkgResult;
    }
  /** A message of another seat was not accepted. */
  | { readonly type: "refused"; readonly seat: number; readonly code: RefusalCode }
  | {
      readonly type: "verdict";
      readonly dealer: number;
      readonly complainer: number;
      readonly verdict: ComplaintVerdict;
    }
  | { readonly type: "failed"; readonly code: DkgFailureCode; readonly seats: readonly number[] };

export type RefusalCode =
  | "dkg/out-of-turn"
  | "dkg/bad-seat"
  | "dkg/bad-one-time-key"
  | "dkg/repeated"
  | "dkg/wrong-sender"
  | "dkg/wrong-shape"
  | "dkg/bad-point"
  | "dkg/bad-possession";

export type DkgFailureCode =
  | "dkg/bad-run"
  | "dkg/given-up"
  /** Phase `deal` came without the keys of these seats. */
  | "dkg/missing-keys"
  /** Fewer than t unconvicted dealings at phase `confirm`; the seats are those without one. */
  | "dkg/too-few-dealings"
  /** These qualified dealers dealt this seat a wrong share, and the complaint did not make it in time. */
  | "dkg/no-share"
  | "dkg/degenerate"
  /** Another key or dealing of this seat was finalized: another boot holds the seat. */
  | "dkg/displaced"
  | "dkg/unconfirmed";

export interface SeatDealing {
  readonly dealing: Dealing;
  /** `undefined`: the dealing holds a wrong share for this seat. */
  readonly share: Uint8Array | undefined;
}

export interface RunningDkgSeat {
  readonly status: "running";
  readonly run: DkgRun;
  readonly seat: number;
  readonly empty: readonly number[];
  readonly phase: DkgPhase;
  readonly oneTimeSecret: Uint8Array;
  readonly complaintSeed: Uint8Array;
  /** Gone once the dealing is made. */
  readonly dealingSeeds:
    | { readonly polynomial: Uint8Array; readonly entropy: Uint8Array }
    | undefined;
  /** By seat. */
  readonly keys: ReadonlyMap<number, Uint8Array>;
  /** Known as soon as all keys are. */
  readonly context: Uint8Array | undefined;
  /** By dealer; the first of each counts. */
  readonly dealings: ReadonlyMap<number, SeatDealing>;
  /** Dealers convicted by a complaint. */
  readonly guilty: ReadonlySet<number>;
  /** This seat's complaints by dealer, until finalized. */
  readonly complaints: ReadonlyMap<number, DealingComplaint>;
  readonly result: DkgResult | undefined;
  /** Transcript hash by seat; the latest counts. */
  readonly confirmed: ReadonlyMap<number, Uint8Array>;
  /** Which own messages were seen finalized. */
  readonly finalized: { readonly key: boolean; readonly dealing: boolean };
}

export type DkgSeatState =
  | { readonly status: "idle" }
  | RunningDkgSeat
  | {
      readonly status: "active";
      readonly generation: bigint;
      readonly seat: number;
      readonly share: Uint8Array;
      readonly result: DkgResult;
    }
  | { readonly status: "failed"; readonly code: DkgFailureCode; readonly seats: readonly number[] }
  | { readonly status: "erased" };
