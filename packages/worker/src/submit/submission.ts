/** What goes into the submit queue, what comes out, and what it hears of the chain. */

export interface NewEntry {
  readonly lane: string;
  /** Collateral has no sequence and belongs to no boot: it is settled when its nonce is. */
  readonly kind: "registration" | "message" | "collateral";
  /** Of a message; registrations have none. */
  readonly sequence?: bigint;
  /** Of a registration: the block that its evidence names. */
  readonly at?: number;
  /** Encoded call. */
  readonly call: Uint8Array;
}

export interface Submission {
  /** Names the entry over all its submissions. */
  readonly id: number;
  /** Names this submission; the verdict on it refers to it. */
  readonly ticket: number;
  readonly nonce: number;
  readonly call: Uint8Array;
  readonly tip: bigint;
  /** Sign it anew; else the bytes of the last time are sent again. */
  readonly sign: boolean;
}

export type Verdict =
  | { readonly type: "accepted" }
  /** The pool has exactly these bytes. */
  | { readonly type: "known" }
  /** The pool has another extrinsic with this nonce. */
  | { readonly type: "occupied" }
  /** Nonce or sequence were used already. */
  | { readonly type: "stale" }
  /** Too old, signed for another runtime, or banned: new bytes are needed. */
  | { readonly type: "expired"; readonly reason: string }
  /** Not known whether it arrived, or the node has no room now. */
  | { readonly type: "lost" }
  | { readonly type: "invalid"; readonly reason: string };

export type Report =
  | { readonly type: "settled"; readonly entry: SettledEntry }
  | { readonly type: "dropped"; readonly entry: SettledEntry; readonly reason: string }
  /** Later messages of the lane can never be accepted: its pRuntime must start anew. */
  | { readonly type: "lane-broken"; readonly lane: string; readonly reason: string }
  /** Somebody else uses the account: ask the node for the next nonce. */
  | { readonly type: "resync" };

export type SettledEntry = Pick<NewEntry, "lane" | "kind" | "sequence">;

/** Finalized facts. */
export interface FinalizedView {
  readonly block: number;
  /** Next nonce of the account on chain. */
  readonly nonce: number;
  /** Next sequence the chain expects of a lane, of those it was asked for. */
  readonly expected: ReadonlyMap<string, bigint>;
  /** Lanes whose boot is the registered one, with the block that the registered evidence names. */
  readonly registered: ReadonlyMap<string, number>;
}
