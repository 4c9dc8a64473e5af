/** Entries of a contract's state, as an opened field shows them, read by the artefact alone. */
import { type Codec, decode, fail, ok, type Result } from "@pha/scale";
import type { Artefact } from "../artefact.ts";
import { codecFromAbi } from "./abi-codec.ts";
import type { AbiType } from "./abi-type.ts";
import { abiValueToJson } from "./abi-value.ts";

/** What stands where, in JSON. */
export interface StateEntryText {
  /** Name of the cell in the declaration. */
  readonly cell: string;
  /** Of a map or set; `undefined` for a single value. */
  readonly key: unknown;
  /** `undefined` for a member of a set. */
  readonly value: unknown;
}

export type StateEntryError = {
  /** Of another contract or version: there is no such cell, or it holds another type. */
  readonly code: "abi/other-state";
};

/** @param entry key and value as the engine stores them: the cell's number, the SCALE key; the SCALE value */
export function readStateEntry(
  { state }: Pick<Artefact, "state">,
  entry: { readonly key: Uint8Array; readonly value: Uint8Array },
): Result<StateEntryText, StateEntryError> {
  const other = fail({ code: "abi/other-state" } as const);
  const cell = state[entry.key[0] ?? state.length];
  if (cell === undefined) return other;
  const key = textOf(cell.key, entry.key.subarray(1));
  const value = textOf(cell.value, entry.value);
  return key.ok && value.ok ? ok({ cell: cell.name, key: key.value, value: value.value }) : other;
}

/** Without a type there may be no bytes. */
function textOf(type: AbiType | undefined, bytes: Uint8Array): Result<unknown, unknown> {
  if (type === undefined) return bytes.length === 0 ? ok(undefined) : fail("bytes too many");
  const codec: Codec<unknown> = codecFromAbi(type);
  const decoded = decode(codec, bytes);
  return decoded.ok ? ok(abiValueToJson(type, decoded.value)) : decoded;
}
