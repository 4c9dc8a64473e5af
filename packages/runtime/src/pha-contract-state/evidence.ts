/** What was proven or noted against boots, kept for whoever asks: the newest `MAX_EVIDENCE`, older ones go. */
import type { StateContext } from "./declaration.ts";
import type { EvidenceEntry } from "./types.ts";

/** Entries kept. */
export const MAX_EVIDENCE = 1024;

/** Notes what was found; of more than can be kept the oldest goes, with the votes that show it. */
export function keepEvidence(ctx: StateContext, entry: EvidenceEntry): void {
  const { EvidenceAt, EvidenceNext, Equivocations, Dissents } = ctx.storage;
  const next = EvidenceNext.get();
  const place = next % MAX_EVIDENCE;
  const oldest = EvidenceAt.get(place);
  if (oldest?.kind.type === "Equivocation") Equivocations.remove(oldest.boot);
  if (oldest?.kind.type === "Dissent") Dissents.remove(oldest.cluster, oldest.boot);
  EvidenceAt.put(place, entry);
  EvidenceNext.put(next + 1);
}
