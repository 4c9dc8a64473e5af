/** What the explorer makes of text and of decoded values. */
import { toHex } from "@pha/scale";
import type { ReadContract } from "../../chain/core/contracts.ts";
import type { BlockSummary } from "../../chain/recent-blocks.ts";
import type { CsvValue } from "../../format/export.ts";

/** Base58 of Substrate addresses: 35 bytes or a little more. */
const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{46,50}$/;

/** Whether a text may name something: a block or extrinsic by number, 32 bytes, or an address. */
export function isSearchable(text: string): boolean {
  return (
    /^#?\d{1,10}$/.test(text) ||
    /^\d{1,10}-\d{1,5}$/.test(text) ||
    /^0x[0-9a-fA-F]{64}$/.test(text) ||
    ADDRESS.test(text)
  );
}

/** Whether the body of a call is sealed: then nobody but the contract's replicas reads it. */
export function isSealedCall(pallet: string, call: string): boolean {
  return pallet === "PhalaPhatContracts" && call === "push_command";
}

export const BLOCK_COLUMNS = [
  "number",
  "hash",
  "time",
  "extrinsics",
  "signed",
  "sealed_commands",
  "bytes",
] as const;

export function blockCells(block: BlockSummary): readonly CsvValue[] {
  const { number, hash, at, extrinsics, signed, commands, bytes } = block;
  const time = at === undefined ? undefined : new Date(at).toISOString();
  return [number, hash, time, extrinsics, signed, commands, bytes];
}

export const CONTRACT_COLUMNS = [
  "name",
  "address",
  "cluster",
  "code_hash",
  "owner",
  "created_at",
  "open",
] as const;

export function contractCells({ address, artefact, record }: ReadContract): readonly CsvValue[] {
  const { cluster, codeHash, owner, createdAt, open } = record;
  return [artefact.name, address, cluster, codeHash, owner, createdAt, open];
}

/** Place of an extrinsic, as explorers write it: block, a dash, index. */
export function placeOf(
  text: string,
): { readonly block: number; readonly index: number } | undefined {
  const found = /^(\d{1,10})-(\d{1,5})$/.exec(text);
  return found ? { block: Number(found[1]), index: Number(found[2]) } : undefined;
}

/** A contract's address in a decoded call. */
export function contractOf(args: unknown): string | undefined {
  if (typeof args !== "object" || args === null || !("contract" in args)) return undefined;
  return args.contract instanceof Uint8Array ? toHex(args.contract) : undefined;
}
