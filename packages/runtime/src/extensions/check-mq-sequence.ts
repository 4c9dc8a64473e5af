/** Order of messages from pRuntimes: the pool holds them by sequence, so that none is included too early. */
import {
  type Call,
  type HasEnv,
  type InvalidTransaction,
  NO_OBJECTION,
  signedExtension,
  type ValidityPart,
} from "@pha/frame";
import { ok, type Result, unit } from "@pha/scale";

/** What the message queue says of a transaction; `undefined`: the call is none of its own. */
export type MqSequenceRule = (
  ctx: HasEnv,
  call: Call,
) => Result<ValidityPart, InvalidTransaction> | undefined;

export function checkMqSequence(rule: MqSequenceRule) {
  return signedExtension({
    name: "CheckMqSequence",
    extra: unit,
    additional: unit,
    implied: () => ok(undefined),
    validate: (ctx, { call }) => rule(ctx, call) ?? NO_OBJECTION,
    /** In a block the pallet itself decides, with an event; nothing is refused here. */
    prepare: () => ok(undefined),
  });
}
