/** The pool's view of a registration: messages of the boot wait for it. */
import type { Call, HasEnv, InvalidTransaction, ValidityPart } from "@pha/frame";
import type { Registration } from "@pha/protocol";
import { ok, type Result } from "@pha/scale";
import { bootTag } from "../phala-mq/index.ts";
import { declaration } from "./declaration.ts";

/** Blocks after which a registration's evidence would be too old anyway. */
const LONGEVITY = 64n;

/** `undefined` for calls that register nothing. */
export function registrationRule(
  _ctx: HasEnv,
  call: Call,
): Result<ValidityPart, InvalidTransaction> | undefined {
  if (call.pallet !== declaration.name || call.name !== "register_worker_v2") return undefined;
  // The call was decoded by its own codec.
  const { registration } = call.args as { readonly registration: Registration };
  return ok({ provides: [bootTag(registration.boot)], longevity: LONGEVITY });
}
