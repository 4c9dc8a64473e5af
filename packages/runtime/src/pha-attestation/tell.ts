/** What gatekeepers hear of every change of what may get keys. */
import { AdmissionEvent, TOPIC } from "@pha/protocol";
import { encode } from "@pha/scale";
import { palletOrigin } from "../phala-mq/index.ts";
import { declaration, type PhaAttestationContext } from "./declaration.ts";

export function tell(ctx: PhaAttestationContext, event: AdmissionEvent): void {
  const sender = palletOrigin(declaration.name);
  ctx.config.queue.push(ctx, sender, TOPIC.admission, encode(AdmissionEvent, event));
}
