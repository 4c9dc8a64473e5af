/**
 * Header as the runtime sees it. The shapes are those of `@pha/consensus`, which this package does not depend on.
 */
import {
  assert,
  bytes,
  type Codec,
  compact,
  fixedBytes,
  mapCodec,
  struct,
  tuple,
  u32,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { h256 } from "../primitives.ts";

export interface EngineLog {
  /** Four characters. */
  readonly engine: string;
  readonly data: Uint8Array;
}

export type DigestLog =
  | { readonly type: "Other"; readonly value: Uint8Array }
  | { readonly type: "Consensus"; readonly value: EngineLog }
  | { readonly type: "Seal"; readonly value: EngineLog }
  | { readonly type: "PreRuntime"; readonly value: EngineLog }
  | { readonly type: "RuntimeEnvironmentUpdated"; readonly value: undefined };

export interface BlockHeader {
  readonly parentHash: Uint8Array;
  readonly number: number;
  readonly stateRoot: Uint8Array;
  readonly extrinsicsRoot: Uint8Array;
  readonly digest: readonly DigestLog[];
}

const engineId: Codec<string> = mapCodec(
  fixedBytes(4),
  (id) => String.fromCharCode(...id),
  (id) => {
    assert(id.length === 4, "an engine id has four characters");
    return Uint8Array.from(id, (char) => char.charCodeAt(0));
  },
);
const engineLog: Codec<EngineLog> = mapCodec(
  tuple(engineId, bytes),
  ([engine, data]) => ({ engine, data }),
  ({ engine, data }): [string, Uint8Array] => [engine, data],
);

export const DigestLog: Codec<DigestLog> = variants(
  {
    Other: variant(0, bytes),
    Consensus: variant(4, engineLog),
    Seal: variant(5, engineLog),
    PreRuntime: variant(6, engineLog),
    RuntimeEnvironmentUpdated: variant(8, unit),
  },
  { path: ["sp_runtime", "generic", "digest", "DigestItem"] },
);

/** Digest of a header as a storage value: a struct of its logs. */
export const Digest: Codec<readonly DigestLog[]> = mapCodec(
  struct({ logs: vec(DigestLog) }, { path: ["sp_runtime", "generic", "digest", "Digest"] }),
  ({ logs }) => logs,
  (logs) => ({ logs }),
);

export const BlockHeaderCodec: Codec<BlockHeader> = struct(
  {
    parentHash: h256,
    number: compact(u32),
    stateRoot: h256,
    extrinsicsRoot: h256,
    digest: Digest,
  },
  { path: ["sp_runtime", "generic", "header", "Header"] },
);
