/** What gatekeepers hear of every change of what may get keys. */
import type { HasEnv } from "@pha/frame";
import { AdmissionEvent, TOPIC } from "@pha/protocol";
import { encode } from "@pha/scale";
import { palletOrigin } from "../phala-mq/index.ts";
import type { CodeChange } from "../system/index.ts";
import { declaration, type PhaAttestationContext } from "./declaration.ts";

export function tell(ctx: PhaAttestationContext, event: AdmissionEvent): void {
  const sender = palletOrigin(declaration.name);
  ctx.config.queue.push(ctx, sender, TOPIC.admission, encode(AdmissionEvent, event));
}

/** Code is what decides what the chain says from then on. */
export function tellOfCode(hasEnv: HasEnv, { type, codeHash }: CodeChange): void {
  tell(hasEnv.env.of(declaration), {
    type: type === "authorized" ? "CodeAuthorized" : "CodeReplaced",
    value: { codeHash },
  });
}
