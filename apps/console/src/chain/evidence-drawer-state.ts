/** Whether the evidence is open: pages and the strip open the same drawer. */
import { createStore } from "./store.ts";

export const isEvidenceOpen = createStore(false);

export function openEvidence(): void {
  isEvidenceOpen.set(true);
}

export function closeEvidence(): void {
  isEvidenceOpen.set(false);
}
