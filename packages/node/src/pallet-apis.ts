/** Entry points of a runtime's pallets, until the runtime answers them itself. */
import type { Runtime } from "@pha/frame";
import { type DecodeError, decode, encode, fail, ok, type Result, struct } from "@pha/scale";
import type { Overlay } from "@pha/state";

export function palletApi(
  runtime: Pick<Runtime, "tables" | "env">,
  overlay: Overlay,
  entry: string,
  args: Uint8Array,
): Result<Uint8Array, DecodeError | { readonly code: "runtime/unknown-api" }> {
  for (const pallet of runtime.tables.pallets)
    for (const [name, api] of Object.entries(pallet.implementation.runtimeApis ?? {}))
      for (const [method, { inputs, output, answer }] of Object.entries(api.methods)) {
        if (entry !== `${name}_${method}`) continue;
        const decoded = decode(struct(inputs), args);
        if (!decoded.ok) return decoded;
        const context = runtime.env(overlay).contextOf(pallet);
        return ok(encode(output, answer(context, decoded.value)));
      }
  return fail({ code: "runtime/unknown-api" });
}
