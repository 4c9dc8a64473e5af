/**
 * The source that is worked on, kept in this browser.
 *
 * **Bounds**: `MAX_SOURCE` characters; what is longer is worked on and not kept. **Trust**: anything of this origin may have
 * written it: it is text in an editor, which is checked like any other.
 */
import { TEMPLATE_NAMES, TEMPLATES, type TemplateName } from "../../playground/templates.ts";

const STORE = "pha-source";
export const MAX_SOURCE = 200_000;

export interface KeptSource {
  /** What it began with. */
  readonly template: TemplateName;
  readonly source: string;
}

/** The parts of a browser's storage that are used. */
export type Shelf = Pick<Storage, "getItem" | "setItem">;

export const FIRST_SOURCE: KeptSource = { template: "counter", source: TEMPLATES.counter };

export function loadSource(shelf: () => Shelf = () => localStorage): KeptSource {
  try {
    const kept: unknown = JSON.parse(shelf().getItem(STORE) ?? "null");
    if (typeof kept !== "object" || kept === null) return FIRST_SOURCE;
    const { template, source }: Partial<Record<keyof KeptSource, unknown>> = kept;
    const known = TEMPLATE_NAMES.find((name) => name === template);
    return known === undefined || typeof source !== "string" || source.length > MAX_SOURCE
      ? FIRST_SOURCE
      : { template: known, source };
  } catch {
    // Storage is off, or holds what is no JSON.
    return FIRST_SOURCE;
  }
}

/** @returns whether it is kept: storage may be off or full */
export function keepSource(kept: KeptSource, shelf: () => Shelf = () => localStorage): boolean {
  if (kept.source.length > MAX_SOURCE) return false;
  try {
    shelf().setItem(STORE, JSON.stringify(kept));
    return true;
  } catch {
    // The person is told: it is there until the page is closed.
    return false;
  }
}
