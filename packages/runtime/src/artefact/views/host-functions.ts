/** Functions of the host that views call, with Substrate's names and signatures. */
import type { Code } from "../wasm-code.ts";
import { i32, i64 } from "../wasm-code.ts";
import type { Callable, ModuleBuilder, Span } from "../wasm-module.ts";

export interface HostFunctions {
  /** Span of the key → span of `Option<Vec<u8>>`. */
  readonly storageGet: Callable;
  /** Length → pointer. */
  readonly malloc: Callable;
  /** Span of the data → pointer to the hash. */
  readonly blake2b128: Callable;
  readonly blake2b256: Callable;
  readonly twox64: Callable;
  /** Pointer of the signature, span of the message, pointer of the key → 1 when it verifies. */
  readonly ed25519Verify: Callable;
  readonly sr25519Verify: Callable;
  /** Pointers of the signature of 65 bytes and of the hash → span of `Result<[u8; 33], _>`. */
  readonly ecdsaRecover: Callable;
}

export function hostFunctions(module: ModuleBuilder): HostFunctions {
  const hash = (name: string) =>
    module.imported(`ext_hashing_${name}_version_1`, { params: ["i64"], result: "i32" });
  const verify = (name: string) =>
    module.imported(`ext_crypto_${name}`, { params: ["i32", "i64", "i32"], result: "i32" });
  return {
    storageGet: module.imported("ext_storage_get_version_1", { params: ["i64"], result: "i64" }),
    malloc: module.imported("ext_allocator_malloc_version_1", { params: ["i32"], result: "i32" }),
    blake2b128: hash("blake2_128"),
    blake2b256: hash("blake2_256"),
    twox64: hash("twox_64"),
    ed25519Verify: verify("ed25519_verify_version_1"),
    sr25519Verify: verify("sr25519_verify_version_2"),
    ecdsaRecover: module.imported("ext_crypto_secp256k1_ecdsa_recover_compressed_version_2", {
      params: ["i32", "i32"],
      result: "i64",
    }),
  };
}

/** Pointer and length as one number, as hosts take and give them. */
export function spanCode(pointer: Code, length: Code): Code {
  return i64.or(i64.shl(i64.extend(length), i64.const(32n)), i64.extend(pointer));
}

export function spanConst({ pointer, length }: Span): Code {
  return i64.const((BigInt(length) << 32n) | BigInt(pointer));
}

export function spanPointer(span: Code): Code {
  return i32.wrap(span);
}

export function spanLength(span: Code): Code {
  return i32.wrap(i64.shr(span, i64.const(32n)));
}
