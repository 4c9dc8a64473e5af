/** Shapes of types that only a composed runtime has: enums of all events and errors, the extrinsic. */
import { type Shape, u8 } from "@pha/scale";
import type { AnyExtension } from "../extrinsic/extension.ts";
import { MultiAddress } from "../extrinsic/multi-address.ts";
import { MultiSignature } from "../extrinsic/multi-signature.ts";
import { palletPath } from "../runtime/call-codec.ts";
import { RUNTIME_EVENT_SHAPE, UNCHECKED_EXTRINSIC_SHAPE } from "../runtime/placeholders.ts";
import type { PalletEntry, RuntimeTables } from "../runtime/tables.ts";

export interface RuntimeShapes {
  readonly call: Shape;
  readonly event: Shape;
  readonly error: Shape;
  readonly extrinsic: Shape;
  readonly extra: Shape;
  /** Placeholder → the runtime's own type. */
  readonly replace: ReadonlyMap<Shape, Shape>;
}

export function palletEventShape({ pallet }: PalletEntry): Shape {
  return {
    kind: "variant",
    path: [palletPath(pallet.name), "pallet", "Event"],
    params: [{ name: "T" }],
    variants: Object.entries(pallet.events).map(([name, { index, codec, docs }]) => ({
      name,
      index,
      fields: codec.shape.kind === "composite" ? codec.shape.fields : [],
      docs,
    })),
  };
}

export function palletErrorShape({ pallet }: PalletEntry): Shape {
  return {
    kind: "variant",
    path: [palletPath(pallet.name), "pallet", "Error"],
    params: [{ name: "T" }],
    variants: Object.entries(pallet.errors).map(([name, { index, docs }]) => ({
      name,
      index,
      fields: [],
      docs,
    })),
  };
}

export function hasEvents({ pallet }: PalletEntry): boolean {
  return Object.keys(pallet.events).length > 0;
}

export function hasErrors({ pallet }: PalletEntry): boolean {
  return Object.keys(pallet.errors).length > 0;
}

export function runtimeShapes(
  tables: RuntimeTables,
  extensions: readonly AnyExtension[],
): RuntimeShapes {
  const call = tables.callCodec.shape;
  const event = outer("RuntimeEvent", tables.pallets.filter(hasEvents), palletEventShape);
  const error = outer("RuntimeError", tables.pallets.filter(hasErrors), palletErrorShape);
  const extra: Shape = {
    kind: "tuple",
    inner: extensions.map((extension) => extension.extra.shape),
  };
  const extrinsic: Shape = {
    kind: "composite",
    path: ["sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic"],
    params: [
      { name: "Address", shape: MultiAddress.shape },
      { name: "Call", shape: call },
      { name: "Signature", shape: MultiSignature.shape },
      { name: "Extra", shape: extra },
    ],
    fields: [{ shape: { kind: "sequence", inner: u8.shape } }],
  };
  return {
    call,
    event,
    error,
    extrinsic,
    extra,
    replace: new Map([
      [RUNTIME_EVENT_SHAPE, event],
      [UNCHECKED_EXTRINSIC_SHAPE, extrinsic],
    ]),
  };
}

function outer(
  name: string,
  entries: readonly PalletEntry[],
  shapeOf: (entry: PalletEntry) => Shape,
): Shape {
  return {
    kind: "variant",
    path: ["pha_runtime", name],
    variants: entries.map((entry) => ({
      name: entry.pallet.name,
      index: entry.index,
      fields: [{ shape: shapeOf(entry) }],
    })),
  };
}
