/** Domain strings of the threshold protocols; each is the first part of exactly one hash input. */
export const THRESHOLD_DOMAINS = {
  /** Transport key from a seed. */
  transportKey: "pha/v1/vetkd/transport-key",
  /** Nonce of an encrypted key share. */
  shareNonce: "pha/v1/vetkd/share-nonce",
  /** Split of a share while it is multiplied. */
  shareBlind: "pha/v1/vetkd/share-blind",
  /** Coefficient that folds two pairing equations into one. */
  fold: "pha/v1/vetkd/fold",
  /** One-time key of a seat. */
  oneTimeKey: "pha/v1/dkg/one-time-key",
  /** Key of a seat that nobody holds, to which no secret is known. */
  emptySeat: "pha/v1/dkg/empty-seat",
  /** Coefficients of a dealer's polynomial. */
  polynomial: "pha/v1/dkg/polynomial",
  /** Ephemeral scalar of a dealing. */
  ephemeral: "pha/v1/dkg/ephemeral",
  /** Pad over one share of a dealing. */
  sharePad: "pha/v1/dkg/share-pad",
  /** Challenge and nonces of a dealing's proof of possession. */
  possession: "pha/v1/dkg/possession",
  possessionNonce: "pha/v1/dkg/possession-nonce",
  /** Challenge and nonce of a complaint's equality proof. */
  equality: "pha/v1/dkg/equality",
  equalityNonce: "pha/v1/dkg/equality-nonce",
  /** Statement every message of one run is bound to. */
  context: "pha/v1/dkg/context",
  /** What members of a run sign. */
  transcript: "pha/v1/dkg/transcript",
  /** Seeds that one seat draws from its entropy. */
  seatSeed: "pha/v1/dkg/seat-seed",
} as const;

export type ThresholdDomain = (typeof THRESHOLD_DOMAINS)[keyof typeof THRESHOLD_DOMAINS];
