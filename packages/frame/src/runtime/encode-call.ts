/** Bytes of a call, its arguments checked by types. */
import { encode } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import type { Runtime } from "./define-runtime.ts";
import type { AnyInstalled, Tx } from "./types.ts";

type ArgsOf<F> = F extends (...args: infer A) => Call ? A : never;

export function encodeCall<
  P extends readonly AnyInstalled[],
  N extends keyof Tx<P>,
  C extends keyof Tx<P>[N],
>(runtime: Runtime<P>, pallet: N, name: C, ...args: ArgsOf<Tx<P>[N][C]>): Uint8Array {
  return encode(runtime.format.call, {
    pallet: String(pallet),
    name: String(name),
    args: args[0] ?? {},
  });
}
