/**
 * What a build reads of the contracts that a file exports, as text: the file is evaluated where it can do no harm, and
 * nothing but this text comes out.
 *
 * **Trust**: the text is made beside the author's own code, so it is read like anything foreign; what it says ends in an
 * artefact, which `validateArtefact` judges whole.
 */
import { type AbiType, abiTypeOf } from "./abi/abi-type.ts";
import type { AbiCell } from "./artefact.ts";
import type { AnyEntry, Contract } from "./define-contract.ts";
import type { AnyCell } from "./state/declare.ts";

export interface DeclaredEntry {
  readonly name: string;
  readonly kind: "command" | "query";
  readonly docs: string;
  readonly args: AbiType;
  readonly returns: AbiType;
}

export interface DeclaredContract {
  /** Name under which the file exports it. */
  readonly exported: string;
  readonly name: string;
  readonly version: string;
  readonly docs: string;
  readonly state: readonly AbiCell[];
  readonly entries: readonly DeclaredEntry[];
  readonly disclosures: Readonly<Record<string, string>>;
  readonly auditKey?: string;
}

/** Of all contracts among a module's exports. */
export function declarationText(module: Readonly<Record<string, unknown>>): string {
  const declared = Object.entries(module).flatMap(([exported, value]) =>
    isContract(value) ? [declarationOf(exported, value)] : [],
  );
  return JSON.stringify(declared);
}

/** `undefined` when it is no such text, as when the author's code changed what JSON is. */
export function parseDeclarations(text: string): readonly DeclaredContract[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Not of `declarationText`; what the parser says of it helps nobody.
    return undefined;
  }
  // `isDeclared` looked at what the build uses; the rest goes into the artefact as it is.
  return Array.isArray(json) && json.every(isDeclared)
    ? (json as readonly DeclaredContract[])
    : undefined;
}

function isDeclared(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { exported, name, entries }: Partial<Record<keyof DeclaredContract, unknown>> = value;
  const isName = (one: unknown, pattern: RegExp): boolean =>
    typeof one === "string" && pattern.test(one);
  return (
    isName(exported, /^[\p{ID_Start}$_][\p{ID_Continue}$]{0,99}$/u) &&
    isName(name, /^[a-z][a-z0-9-]{0,63}$/) &&
    Array.isArray(entries) &&
    entries.every(
      (entry: Partial<DeclaredEntry> | null) =>
        (entry?.kind === "command" || entry?.kind === "query") &&
        isName(entry.name, /^[a-z][A-Za-z0-9]{0,63}$/),
    )
  );
}

function isContract(value: unknown): value is Contract {
  return (
    typeof value === "object" &&
    value !== null &&
    "entries" in value &&
    "state" in value &&
    "disclosures" in value
  );
}

function declarationOf(exported: string, contract: Contract): DeclaredContract {
  const { name, version, docs, state, entries, disclosures, auditKey } = contract;
  return {
    exported,
    name,
    version,
    docs,
    state: Object.entries(state).map(([cell, declared]) => cellOf(cell, declared)),
    entries: Object.entries(entries).flatMap(([entry, declared]) => entryOf(entry, declared)),
    disclosures,
    ...(auditKey !== undefined && { auditKey }),
  };
}

/** The initialiser is no entry that anybody calls. */
function entryOf(name: string, entry: AnyEntry): readonly DeclaredEntry[] {
  if (entry.kind === "init") return [];
  const { kind, docs, args, returns } = entry;
  return [{ name, kind, docs, args: abiTypeOf(args.shape), returns: abiTypeOf(returns.shape) }];
}

function cellOf(name: string, cell: AnyCell): AbiCell {
  const { kind, docs } = cell;
  return {
    name,
    kind,
    docs,
    ...("key" in cell && { key: abiTypeOf(cell.key.shape) }),
    ...("value" in cell && { value: abiTypeOf(cell.value.shape) }),
  };
}
