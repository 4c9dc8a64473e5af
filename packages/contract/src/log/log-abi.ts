/** What an artefact says of its contract's log: by the types of cell and query, which are the kit's own. */
import type { Shape } from "@pha/scale";
import { type AbiType, abiTypeOf } from "../abi/abi-type.ts";
import type { AbiCell, Artefact } from "../artefact.ts";
import { LogArgs, LogLine, LogPage } from "./log-line.ts";

/** What the log is for, in its author's words; `undefined` of a contract that keeps none. */
export function logReasonOf({
  state,
  queries,
}: Pick<Artefact, "state" | "queries">): string | undefined {
  return logReason(state, Object.hasOwn(queries, "logs") ? queries["logs"] : undefined);
}

/** @param query the contract's query `logs` */
export function logReason(
  state: readonly AbiCell[],
  query: { readonly args: AbiType; readonly returns: AbiType } | undefined,
): string | undefined {
  if (!isType(query?.args, LogArgs) || !isType(query?.returns, LogPage)) return undefined;
  return state.find(({ name, value }) => name === "logs" && isType(value, LogLine))?.docs;
}

function isType(type: AbiType | undefined, { shape }: { readonly shape: Shape }): boolean {
  return JSON.stringify(type) === JSON.stringify(abiTypeOf(shape));
}
