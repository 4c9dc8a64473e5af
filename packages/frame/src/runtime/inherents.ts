/** Inherents: what the author of a block adds without a signature, and how others check it. */
import { encode } from "@pha/scale";
import type { Call } from "../dispatch/call.ts";
import { decodeExtrinsic, type ExtrinsicFormat, encodeExtrinsic } from "../extrinsic/extrinsic.ts";
import type { Inherent } from "../pallet/pallet.ts";
import type { BlockEnv } from "./env.ts";
import type { RuntimeTables } from "./tables.ts";

/** Data by identifier (eight characters). */
export type InherentData = ReadonlyMap<string, Uint8Array>;

export interface InherentObjection {
  readonly identifier: string;
  /** For people. */
  readonly reason: string;
}

/** The inherent that a call is, if it is one. */
export function inherentCallOf(tables: RuntimeTables, call: Call): Inherent<object> | undefined {
  const inherent = tables.byName.get(call.pallet)?.implementation.inherent;
  return inherent?.call === call.name ? inherent : undefined;
}

/** Extrinsics that the author puts first, in the order of the pallets. */
export function inherentExtrinsics(
  tables: RuntimeTables,
  env: BlockEnv,
  data: InherentData,
): readonly Uint8Array[] {
  const out: Uint8Array[] = [];
  for (const entry of tables.pallets) {
    const { inherent } = entry.implementation;
    const own = inherent && data.get(inherent.identifier);
    if (!inherent || !own) continue;
    const args = inherent.create(env.contextOf(entry), own);
    if (args === undefined) continue;
    const call = { pallet: entry.pallet.name, name: inherent.call, args };
    out.push(encodeExtrinsic(encode(tables.callCodec, call)));
  }
  return out;
}

/** What our own data says against the inherents of a received block; empty when nothing. */
export function checkInherents(
  tables: RuntimeTables,
  env: BlockEnv,
  format: ExtrinsicFormat,
  extrinsics: readonly Uint8Array[],
  data: InherentData,
): readonly InherentObjection[] {
  const objections: InherentObjection[] = [];
  for (const bytes of extrinsics) {
    const decoded = decodeExtrinsic(format, bytes);
    if (!decoded.ok || decoded.value.signed) break;
    const { call } = decoded.value;
    const inherent = inherentCallOf(tables, call);
    const entry = tables.byName.get(call.pallet);
    const own = inherent && data.get(inherent.identifier);
    if (!inherent || !entry || !own) continue;
    const reason = inherent.check(env.contextOf(entry), call.args, own);
    if (reason !== undefined) objections.push({ identifier: inherent.identifier, reason });
  }
  return objections;
}
