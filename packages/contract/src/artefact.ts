/**
 * The artefact of a contract, `<name>.pha.json`: what is uploaded, hashed and executed.
 *
 * **Bounds**: `MAX_ARTEFACT_BYTES`, names of 64 characters, `MAX_ENTRIES` entries. **Trust**: bytes come from anybody;
 * the chain, pRuntime and clients read them with this one function, which decides the same everywhere.
 */
import { type Codec, fail, ok, type Result, toHex, utf8, utf8ToText } from "@pha/scale";
import { codecFromAbi } from "./abi/abi-codec.ts";
import { type AbiType, isAbiType } from "./abi/abi-type.ts";

export const ARTEFACT_FORMAT = "pha/contract/1";
export const MAX_ARTEFACT_BYTES = 512 << 10;
/** Engine lines that artefacts may name. */
export const ENGINE_LINES: readonly string[] = ["javascript/1"];
const MAX_ENTRIES = 256;

export interface AbiEntry {
  /** First four bytes of blake2b-256 of the name, in hex. */
  readonly selector: string;
  readonly docs: string;
  readonly args: AbiType;
  readonly returns: AbiType;
}

/** A cell of the state. An entry's key is the cell's place in the list, one byte, before the SCALE key. */
export interface AbiCell {
  readonly name: string;
  readonly kind: string;
  readonly docs: string;
  /** Of maps and sets. */
  readonly key?: AbiType;
  /** Of all but sets. */
  readonly value?: AbiType;
}

export interface Artefact {
  readonly format: typeof ARTEFACT_FORMAT;
  readonly name: string;
  readonly version: string;
  readonly docs: string;
  readonly engine: string;
  readonly state: readonly AbiCell[];
  readonly commands: Readonly<Record<string, AbiEntry>>;
  readonly queries: Readonly<Record<string, AbiEntry>>;
  /** Codes with which the contract may refuse. */
  readonly errors: readonly string[];
  /** Reason → what is shown to whom. */
  readonly disclosures: Readonly<Record<string, string>>;
  /** X25519 key in hex: who holds its secret may open all of this contract. */
  readonly audit?: string;
  readonly code: string;
  readonly hashes: { readonly code: string; readonly abi: string };
}

export type ArtefactError =
  | { readonly code: "artefact/too-long"; readonly bytes: number; readonly most: number }
  | { readonly code: "artefact/not-json" }
  | { readonly code: "artefact/bad-field"; readonly field: string }
  | { readonly code: "artefact/unknown-engine"; readonly engine: string }
  | { readonly code: "artefact/wrong-hash"; readonly field: "code" | "abi" }
  | { readonly code: "artefact/wrong-selector"; readonly entry: string };

type Hash = (bytes: Uint8Array) => Uint8Array;

/** Everything that the ABI hash covers, in one order. */
export function abiText(artefact: Omit<Artefact, "code" | "hashes">): string {
  const { format, name, version, docs, engine, state, commands, queries, errors, disclosures } =
    artefact;
  const { audit } = artefact;
  const sorted = <T>(of: Readonly<Record<string, T>>) =>
    Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    format,
    name,
    version,
    docs,
    engine,
    state.map(({ name, kind, docs, key, value }) => [name, kind, docs, key, value]),
    sorted(commands).map(([entry, e]) => [entry, e.selector, e.docs, e.args, e.returns]),
    sorted(queries).map(([entry, e]) => [entry, e.selector, e.docs, e.args, e.returns]),
    errors,
    sorted(disclosures),
    ...(audit === undefined ? [] : [audit]),
  ]);
}

/** Reads shape and bounds; for bytes whose hash the chain has vouched for. */
export function readArtefact(bytes: Uint8Array): Result<Artefact, ArtefactError> {
  if (bytes.length > MAX_ARTEFACT_BYTES)
    return fail({ code: "artefact/too-long", bytes: bytes.length, most: MAX_ARTEFACT_BYTES });
  const text = utf8ToText(bytes);
  if (text === undefined) return fail({ code: "artefact/not-json" });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message differs between engines; that it is no JSON does not.
    return fail({ code: "artefact/not-json" });
  }
  const field = wrongField(json);
  if (field !== undefined) return fail({ code: "artefact/bad-field", field });
  // `wrongField` checked every field.
  const artefact = json as Artefact;
  if (!ENGINE_LINES.includes(artefact.engine))
    return fail({ code: "artefact/unknown-engine", engine: artefact.engine.slice(0, 64) });
  return ok(artefact);
}

/** Reads and checks hashes and selectors too: what the chain does at upload. */
export function validateArtefact(
  bytes: Uint8Array,
  blake2b256: Hash,
): Result<Artefact, ArtefactError> {
  const read = readArtefact(bytes);
  if (!read.ok) return read;
  const artefact = read.value;
  if (toHex(blake2b256(utf8(artefact.code))) !== artefact.hashes.code)
    return fail({ code: "artefact/wrong-hash", field: "code" });
  if (toHex(blake2b256(utf8(abiText(artefact)))) !== artefact.hashes.abi)
    return fail({ code: "artefact/wrong-hash", field: "abi" });
  for (const [entry, { selector }] of entriesOf(artefact))
    if (toHex(blake2b256(utf8(entry)).subarray(0, 4)) !== selector)
      return fail({ code: "artefact/wrong-selector", entry: entry.slice(0, 64) });
  return ok(artefact);
}

function entriesOf({ commands, queries }: Artefact): readonly (readonly [string, AbiEntry])[] {
  return [...Object.entries(commands), ...Object.entries(queries)];
}

const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const ENTRY = /^[a-z][A-Za-z0-9]{0,63}$/;
const FIELDS: Readonly<Record<keyof Artefact, (value: unknown) => boolean>> = {
  format: (value) => value === ARTEFACT_FORMAT,
  name: (value) => typeof value === "string" && NAME.test(value),
  version: (value) => typeof value === "string" && /^\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(value),
  docs: isText,
  engine: isText,
  state: (value) => Array.isArray(value) && value.length <= MAX_ENTRIES && value.every(isCell),
  commands: isEntries,
  queries: isEntries,
  errors: (value) => Array.isArray(value) && value.length <= 1024 && value.every(isText),
  disclosures: (value) => isRecord(value) && Object.values(value).every(isText),
  audit: (value) => value === undefined || isHash(value),
  code: (value) => typeof value === "string",
  hashes: (value) =>
    isRecord(value) &&
    Object.keys(value).length === 2 &&
    isHash(value["code"]) &&
    isHash(value["abi"]),
};

function wrongField(json: unknown): string | undefined {
  if (!isRecord(json)) return "(the document)";
  const known = new Set<string>(Object.keys(FIELDS));
  const extra = Object.keys(json).find((name) => !known.has(name));
  if (extra !== undefined) return extra.slice(0, 64);
  return Object.entries(FIELDS).find(([name, check]) => !check(json[name]))?.[0];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length <= 4096;
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}

/** What each kind of cell has a type for. */
const CELL_TYPES = new Map<unknown, readonly string[]>([
  ["secret-map", ["key", "value"]],
  ["secret-set", ["key"]],
  ["secret-value", ["value"]],
  ["public-value", ["value"]],
]);

function isCell(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const types = CELL_TYPES.get(value["kind"]);
  return (
    types !== undefined &&
    Object.keys(value).length === 3 + types.length &&
    isText(value["name"]) &&
    isText(value["docs"]) &&
    types.every((name) => isAbiType(value[name]))
  );
}

function isEntries(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.keys(value).length <= MAX_ENTRIES &&
    Object.entries(value).every(([name, entry]) => ENTRY.test(name) && isEntry(entry))
  );
}

function isEntry(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.keys(value).length === 4 &&
    typeof value["selector"] === "string" &&
    isText(value["docs"]) &&
    isAbiType(value["args"]) &&
    isAbiType(value["returns"])
  );
}

/** Codecs of an artefact's entries, as the SDK takes them. */
export function entryCodecsOf(artefact: Artefact): Readonly<
  Record<
    string,
    {
      readonly kind: "command" | "query";
      readonly args: Codec<unknown>;
      readonly returns: Codec<unknown>;
      readonly abi: AbiEntry;
    }
  >
> {
  const of = (kind: "command" | "query", entries: Readonly<Record<string, AbiEntry>>) =>
    Object.entries(entries).map(
      ([name, abi]) =>
        [
          name,
          { kind, args: codecFromAbi(abi.args), returns: codecFromAbi(abi.returns), abi },
        ] as const,
    );
  return Object.fromEntries([
    ...of("command", artefact.commands),
    ...of("query", artefact.queries),
  ]);
}
