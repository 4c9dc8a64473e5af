/**
 * Codec of any call of a runtime: pallet index, call index, arguments.
 *
 * **Bounds**: calls nest at most `MAX_CALL_DEPTH` deep in what is read, counted here so that the answer does not
 * depend on the size of the engine's stack. **Trust**: bytes come from anybody.
 */
import { assert, type Codec, DecodeFailure, type Shape } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import type { PalletEntry } from "./tables.ts";

/** Calls inside calls (batches, sudo). */
export const MAX_CALL_DEPTH = 256;

interface CallTables {
  readonly byName: ReadonlyMap<string, PalletEntry>;
  readonly byIndex: readonly (PalletEntry | undefined)[];
}

export function callCodec(tables: CallTables): Codec<Call> {
  let depth = 0;
  return {
    shape: { kind: "lazy", resolve: memoized(() => callShape(tables)) },
    minBytes: 2,
    write(writer, { pallet, name, args }) {
      const entry = tables.byName.get(pallet);
      const call = entry?.callsByName.get(name);
      assert(entry && call, `the runtime has the call ${pallet}.${name}`);
      writer.u8(entry.index);
      writer.u8(call.declaration.index);
      call.declaration.args.write(writer, args);
    },
    read(reader) {
      const call = tables.byIndex[reader.u8()]?.callsByIndex[reader.u8()];
      if (call === undefined) throw new DecodeFailure("unknown-variant");
      if (depth >= MAX_CALL_DEPTH) throw new DecodeFailure("too-deep");
      depth++;
      try {
        const args = call.declaration.args.read(reader);
        return { pallet: call.pallet.pallet.name, name: call.name, args };
      } finally {
        depth--;
      }
    },
  };
}

function memoized<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function callShape(tables: CallTables): Shape {
  const entries = [...tables.byName.values()].filter((entry) => entry.callsByName.size > 0);
  return {
    kind: "variant",
    path: ["pha_runtime", "RuntimeCall"],
    variants: entries.map((entry) => ({
      name: entry.pallet.name,
      index: entry.index,
      fields: [{ shape: palletCallShape(entry), typeName: `${entry.pallet.name}Call` }],
    })),
  };
}

/** Enum of a pallet's calls. */
export function palletCallShape(entry: PalletEntry): Shape {
  return {
    kind: "variant",
    path: [palletPath(entry.pallet.name), "pallet", "Call"],
    params: [{ name: "T" }],
    variants: [...entry.callsByName.values()].map(({ name, declaration }) => {
      const { shape } = declaration.args;
      return {
        name,
        index: declaration.index,
        fields: shape.kind === "composite" ? shape.fields : [],
        docs: declaration.docs,
      };
    }),
  };
}

/** `PhalaMq` → `pallet_phala_mq`; `System` → `frame_system`. */
export function palletPath(name: string): string {
  if (name === "System") return "frame_system";
  return `pallet${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
