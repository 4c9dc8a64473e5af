/** Opened entries of a contract's state, as people and programs read them. */
import { type Artefact, readStateEntry } from "@pha/contract";
import { toHex } from "@pha/scale";

export interface ShownField {
  /** As stored. */
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** By the contract's artefact: name of the cell, key and value in it. */
  readonly entry: { readonly cell: string; readonly key: unknown; readonly value: unknown } | null;
}

/** @param artefact of the code that the contract runs; without it bytes stay bytes */
export function shownField(
  { key, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
  artefact: Artefact | undefined,
): ShownField {
  const read = artefact && readStateEntry(artefact, { key, value });
  if (!read?.ok) return { key, value, entry: null };
  const { cell, key: inner = null, value: content = null } = read.value;
  return { key, value, entry: { cell, key: inner, value: content } };
}

export function fieldLine({ key, value, entry }: ShownField): string {
  if (entry === null) return `${toHex(key)} = ${toHex(value)}`;
  const place = entry.key === null ? entry.cell : `${entry.cell}[${JSON.stringify(entry.key)}]`;
  return entry.value === null ? place : `${place} = ${JSON.stringify(entry.value)}`;
}
