/** What pRuntimes hear of gatekeepers. */
import { GenerationEvent, TOPIC } from "@pha/protocol";
import { encode } from "@pha/scale";
import { palletOrigin } from "../phala-mq/index.ts";
import { declaration, type GatekeepersContext } from "./declaration.ts";

export function tell(ctx: GatekeepersContext, event: GenerationEvent): void {
  const sender = palletOrigin(declaration.name);
  ctx.config.queue.push(ctx, sender, TOPIC.generation, encode(GenerationEvent, event));
}
