/** What an artefact says of its contract's log: by the types of cell and query, which are the kit's own. */
import { struct, u64 } from "@pha/scale";
import { type AbiType, abiTypeOf } from "../abi/abi-type.ts";
import type { AbiCell, Artefact } from "../artefact.ts";
import { LogLine, LogPage } from "./log-line.ts";

const LINE = JSON.stringify(abiTypeOf(LogLine.shape));
const QUERY = JSON.stringify([abiTypeOf(struct({ after: u64 }).shape), abiTypeOf(LogPage.shape)]);

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
  if (query === undefined || JSON.stringify([query.args, query.returns]) !== QUERY)
    return undefined;
  return state.find(
    ({ name, kind, value }) =>
      name === "logs" && kind === "secret-map" && JSON.stringify(value) === LINE,
  )?.docs;
}
