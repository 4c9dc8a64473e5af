/** A header as `chain_subscribeFinalizedHeads` sends it, and the hash that names its block. */
import { blake2b256 } from "@pha/crypto";
import { compact, concatBytes, encode, parseHex, u32 } from "@pha/scale";

export interface ChainHead {
  readonly number: number;
  /** 32 bytes. */
  readonly hash: Uint8Array;
}

const MAX_LOG_BYTES = 1 << 20;

/** `undefined` when it is not a header. */
export function headOfJson(json: unknown): ChainHead | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const fields: Readonly<Record<string, unknown>> = { ...json };
  const number = numberOf(fields["number"]);
  const parentHash = bytesOf(fields["parentHash"], 32);
  const stateRoot = bytesOf(fields["stateRoot"], 32);
  const extrinsicsRoot = bytesOf(fields["extrinsicsRoot"], 32);
  const logs = logsOf(fields["digest"]);
  if (number === undefined || !parentHash || !stateRoot || !extrinsicsRoot || !logs)
    return undefined;
  const encoded = concatBytes(
    parentHash,
    encode(compact(u32), number),
    stateRoot,
    extrinsicsRoot,
    encode(compact(u32), logs.length),
    ...logs,
  );
  return { number, hash: blake2b256(encoded) };
}

function numberOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,8}$/.test(value)) return undefined;
  return Number(value);
}

function bytesOf(value: unknown, length: number): Uint8Array | undefined {
  const parsed = typeof value === "string" ? parseHex(value, length) : undefined;
  return parsed?.ok && parsed.value.length === length ? parsed.value : undefined;
}

function logsOf(digest: unknown): readonly Uint8Array[] | undefined {
  if (typeof digest !== "object" || digest === null || !("logs" in digest)) return undefined;
  if (!Array.isArray(digest.logs)) return undefined;
  const logs: Uint8Array[] = [];
  for (const log of digest.logs) {
    const parsed = typeof log === "string" ? parseHex(log, MAX_LOG_BYTES) : undefined;
    if (!parsed?.ok) return undefined;
    logs.push(parsed.value);
  }
  return logs;
}
