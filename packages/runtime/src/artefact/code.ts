/** The runtime artefact at `:code`: the Wasm in which clients look for version and metadata. */

import { RuntimeVersion } from "@pha/frame";
import { concatBytes, encode, u32 } from "@pha/scale";
import { emitWasm } from "./wasm-module.ts";

export interface RuntimeCode {
  readonly version: RuntimeVersion;
  /** Answer of `Metadata_metadata`: metadata V14 with its length before it. */
  readonly metadata: Uint8Array;
  /** Other entry points that answer with a constant. */
  readonly constants?: Readonly<Record<string, Uint8Array>>;
}

export function runtimeCode({ version, metadata, constants = {} }: RuntimeCode): Uint8Array {
  return emitWasm({
    constants: {
      ...constants,
      Core_version: encode(RuntimeVersion, version),
      Metadata_metadata: metadata,
    },
    customSections: {
      runtime_version: encode(RuntimeVersion, { ...version, apis: [] }),
      runtime_apis: concatBytes(
        ...version.apis.map(([id, number]) => concatBytes(id, encode(u32, number))),
      ),
    },
  });
}
