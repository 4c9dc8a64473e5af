/** What a voter says of a peer's message, and what the peer earns by it. */

export type VerdictCode =
  /** New and right: worth telling others. */
  | "gossip/accepted"
  /** Right and known. */
  | "gossip/known"
  /** Of a round, set or height that is over or not begun: peers are not in step. */
  | "gossip/out-of-step"
  /** For a block that is not imported; kept. */
  | "gossip/waits-for-block"
  | "gossip/unknown-voter"
  | "gossip/bad-signature"
  /** The block has another height. */
  | "gossip/wrong-number"
  /** Does not prove what it says. */
  | "gossip/bad-commit"
  | "gossip/bad-catch-up"
  /** Proof of finality off the finalized chain: more than a third of the voters are malicious. */
  | "gossip/conflicting-finality"
  | "gossip/malformed"
  /** A position that goes backwards. */
  | "gossip/backwards"
  /** A catch-up that was not asked for, or asked for again and again. */
  | "gossip/unwanted";

/** What the network shell does to the peer. */
export type Consequence = "none" | "annoying" | "hostile";

export function consequenceOf(code: VerdictCode): Consequence {
  switch (code) {
    case "gossip/accepted":
    case "gossip/known":
    case "gossip/waits-for-block":
    case "gossip/out-of-step":
    case "gossip/conflicting-finality":
      return "none";
    case "gossip/backwards":
    case "gossip/unwanted":
    case "gossip/unknown-voter":
      return "annoying";
    case "gossip/bad-signature":
    case "gossip/wrong-number":
    case "gossip/bad-commit":
    case "gossip/bad-catch-up":
    case "gossip/malformed":
      return "hostile";
  }
}
