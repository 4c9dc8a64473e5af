/** What peers do wrong, and what follows: one table, from code to consequence. */

export type MisbehaviourCode =
  | "peer/other-genesis"
  | "peer/malformed-message"
  | "peer/message-too-long"
  | "peer/flood"
  | "peer/too-many-streams"
  | "peer/slow-stream"
  | "peer/no-answer"
  | "peer/request-refused"
  | "peer/not-asked-for"
  | "peer/bad-block"
  | "peer/bad-announce"
  | "peer/bad-justification"
  | "peer/bad-proof"
  | "peer/bad-vote"
  | "peer/annoying-vote"
  | "peer/bad-transaction";

/** `ban`: disconnected at once. `penalty`: points; at `BAN_SCORE` the peer is banned as well. */
export type Consequence =
  | { readonly type: "ban" }
  | { readonly type: "penalty"; readonly points: number };

export const BAN_SCORE = 100;

const ban: Consequence = { type: "ban" };
const penalty = (points: number): Consequence => ({ type: "penalty", points });

export const CONSEQUENCES: Readonly<Record<MisbehaviourCode, Consequence>> = {
  "peer/other-genesis": ban,
  "peer/malformed-message": ban,
  "peer/message-too-long": ban,
  "peer/flood": penalty(34),
  "peer/too-many-streams": penalty(20),
  "peer/slow-stream": penalty(34),
  // A slow or busy peer is no attacker until it happens again and again.
  "peer/no-answer": penalty(20),
  "peer/request-refused": penalty(5),
  "peer/not-asked-for": ban,
  "peer/bad-block": ban,
  "peer/bad-announce": penalty(50),
  "peer/bad-justification": ban,
  "peer/bad-proof": ban,
  "peer/bad-vote": penalty(25),
  // Of no use, and perhaps only late.
  "peer/annoying-vote": penalty(5),
  // Valid where it was sent and no longer here: the state moves on.
  "peer/bad-transaction": penalty(2),
};
