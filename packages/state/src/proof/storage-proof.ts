import { bytes, type Codec, vec } from "@pha/scale";

/** A read proof as it travels: `Vec<Vec<u8>>`. */
export const storageProof: Codec<readonly Uint8Array[]> = vec(bytes);
