/** Refusals of the pool and the runtime as coded errors for the caller. */
import type { InvalidTransaction } from "@pha/frame";
import { PhaError } from "@pha/scale";
import type { PoolError } from "./transaction.ts";

const HINTS: Readonly<Record<string, string>> = {
  Stale: "sign it again with the account's next nonce",
  Future: "send the transactions with lower nonces first",
  Payment: "the account needs enough balance for fee and tip",
  BadProof: "check key, genesis hash, spec version and era of the signature",
  AncientBirthBlock: "sign it again with a more recent era",
  ExhaustsResources: "split the call, or wait for an emptier block",
};

export function validityFailure(error: InvalidTransaction): PhaError {
  const { type } = error.value;
  const reason = error.value.type === "Custom" ? `Custom ${error.value.value}` : type;
  return error.type === "Invalid"
    ? new PhaError("extrinsic/invalid", "Invalid Transaction", {
        facts: { reason },
        hint: HINTS[type] ?? "the call cannot be made in this way",
      })
    : new PhaError("extrinsic/unknown-validity", "Unknown Transaction Validity", {
        facts: { reason },
        hint: "the extrinsic is malformed for this runtime, or the node lacks what it needs",
      });
}

export function poolFailure(error: PoolError): PhaError {
  switch (error.code) {
    case "pool/already-imported":
      return new PhaError(error.code, "Transaction Already Imported", {
        hint: "it is in the pool: watch it or wait",
      });
    case "pool/temporarily-banned":
      return new PhaError(error.code, "Transaction is temporarily banned", {
        hint: "it was found invalid a short while ago; sign a new one",
      });
    case "pool/stale":
      return new PhaError(error.code, "Invalid Transaction", {
        facts: { reason: "Stale" },
        hint: "sign it again with the account's next nonce",
      });
    case "pool/too-low-priority":
      return new PhaError(
        error.code,
        `Priority is too low: ${error.priority}, more than ${error.needed} is needed`,
        {
          facts: { priority: error.priority, needed: error.needed },
          hint: "a transaction with this nonce is waiting; replace it with a higher tip",
        },
      );
    case "pool/sender-limit":
      return new PhaError(error.code, `the account has ${error.limit} transactions waiting`, {
        facts: { limit: error.limit },
        hint: "wait until some of them are in blocks",
      });
    case "pool/full":
      return new PhaError(error.code, "Immediately Dropped: the pool is full of better ones", {
        hint: "wait, or add a tip",
      });
  }
}
