/** Version of a runtime: what clients compare before they sign. */
import { type Codec, fixedBytes, str, struct, tuple, u8, u32, vec } from "@pha/scale";

export interface RuntimeVersion {
  readonly specName: string;
  readonly implName: string;
  readonly authoringVersion: number;
  /** Rises with every change of behaviour. */
  readonly specVersion: number;
  readonly implVersion: number;
  /** API id (blake2b-64 of its name) and version. */
  readonly apis: readonly (readonly [Uint8Array, number])[];
  /** Rises when the encoding of calls or signed extensions changes. */
  readonly transactionVersion: number;
  /** 1: trie V1. */
  readonly stateVersion: number;
}

const apis: Codec<readonly (readonly [Uint8Array, number])[]> = vec(tuple(fixedBytes(8), u32), 256);

export const RuntimeVersion: Codec<RuntimeVersion> = struct(
  {
    specName: str,
    implName: str,
    authoringVersion: u32,
    specVersion: u32,
    implVersion: u32,
    apis,
    transactionVersion: u32,
    stateVersion: u8,
  },
  { path: ["sp_version", "RuntimeVersion"], typeNames: { apis: "ApisVec" } },
);
