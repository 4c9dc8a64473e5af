/**
 * Plaintext that belongs to one account: arguments, results, names of methods. It lives here and nowhere else, so that what
 * is not shown is not in the page either: components hold an id, and `Revealed` writes the text into its element.
 *
 * **Bounds**: `MOST_ENTRIES` texts of `MOST_CHARACTERS`; the oldest goes.
 */

const MOST_ENTRIES = 400;
const MOST_CHARACTERS = 200_000;

const texts = new Map<string, string>();
let next = 0;

export type VaultId = string;

export function lockAway(text: string): VaultId {
  const id = `v${next++}`;
  texts.set(id, text.slice(0, MOST_CHARACTERS));
  for (const oldest of texts.keys()) {
    if (texts.size <= MOST_ENTRIES) break;
    texts.delete(oldest);
  }
  return id;
}

export function readVault(id: VaultId): string | undefined {
  return texts.get(id);
}

export function forget(id: VaultId): void {
  texts.delete(id);
}

/** Drafts of forms, by form: a mutable record, so that what is typed is in no component's state. */
const drafts = new Map<string, Record<string, unknown>>();
const MOST_DRAFTS = 64;

export function draftOf(form: string): Record<string, unknown> {
  const known = drafts.get(form);
  if (known !== undefined) return known;
  const draft: Record<string, unknown> = {};
  drafts.set(form, draft);
  for (const oldest of drafts.keys()) {
    if (drafts.size <= MOST_DRAFTS) break;
    drafts.delete(oldest);
  }
  return draft;
}
