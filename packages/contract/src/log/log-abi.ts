/** What an artefact says of its contract's log: by the types of cell and query, which are the kit's own. */
import type { AbiType } from "../abi/abi-type.ts";
import type { AbiCell, Artefact } from "../artefact.ts";

/** Types of the codecs of `log-line.ts`, as text: who asks for the reason alone needs no codec. */
export const LOG_TYPES = {
  line: '{"struct":[["number","u64"],["block","u32"],["timestampMs","u64"],["text","str"]]}',
  args: '{"struct":[["after","u64"]]}',
  page: '{"struct":[["oldest","u64"],["newest","u64"],["lines",{"seq":{"struct":[["number","u64"],["block","u32"],["timestampMs","u64"],["text","str"]]}}]]}',
} as const;

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
  if (!isType(query?.args, "args") || !isType(query?.returns, "page")) return undefined;
  return state.find(({ name, value }) => name === "logs" && isType(value, "line"))?.docs;
}

function isType(type: AbiType | undefined, of: keyof typeof LOG_TYPES): boolean {
  return JSON.stringify(type) === LOG_TYPES[of];
}
