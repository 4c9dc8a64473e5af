/**
 * Runs an entry point of the Wasm at `:code` on a state, as a light client does.
 *
 * A full node answers from the runtime itself; this is for what light clients need of it: the keys that a call reads,
 * whose proof they are sent (`light/2`).
 *
 * **Bounds**: memory grows to `MAX_PAGES`; the module is that of a finalized or own block, and has no loop that the
 * input does not bound. **Trust**: arguments come from anybody; a trap is a value.
 */
import {
  blake2b128,
  blake2b256,
  ecdsaRecover,
  ed25519Verify,
  sr25519Verify,
  twox64,
} from "@pha/crypto";
import { bytes, encode, fail, ok, option, type Result } from "@pha/scale";

export interface ViewCall {
  readonly code: Uint8Array;
  /** Value of a key in the state. */
  readonly get: (key: Uint8Array) => Uint8Array | undefined;
  /** Entry point, such as `AccountNonceApi_account_nonce`. */
  readonly entry: string;
  readonly args: Uint8Array;
}

export interface ViewAnswer {
  readonly answer: Uint8Array;
  /** In the order in which they were first read. */
  readonly keys: readonly Uint8Array[];
}

export type ViewError =
  | { readonly code: "view/bad-module"; readonly reason: string }
  | { readonly code: "view/unknown-entry"; readonly entry: string }
  /** Arguments that cannot be read, or a question that views cannot judge. */
  | {
      readonly code: "view/trapped";
      readonly reason: string;
      readonly keys: readonly Uint8Array[];
    };

const PAGE_BYTES = 65_536;
/** 64 MiB. */
const MAX_PAGES = 1_024;
const optionalBytes = option(bytes);

/** Compiled modules by the hash of their bytes: a few runtimes are asked over and over. */
const MODULES = 4;
const modules = new Map<string, WebAssembly.Module>();
/** Hashes of arrays that were asked for: states give the same array again and again. */
const hashes = new WeakMap<Uint8Array, string>();

export function callView({ code, get, entry, args }: ViewCall): Result<ViewAnswer, ViewError> {
  const keys = new Map<string, Uint8Array>();
  const host = new ViewHost((key) => {
    keys.set(Buffer.from(key).toString("latin1"), key);
    return get(key);
  });
  const instance = instantiate(code, host);
  if (!instance.ok) return instance;
  const { [entry]: run } = instance.value.exports;
  if (typeof run !== "function") return fail({ code: "view/unknown-entry", entry });
  try {
    const [pointer, length] = host.put(args);
    const answer: unknown = run(pointer, length);
    return ok({ answer: host.take(BigInt(String(answer))), keys: [...keys.values()] });
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof HostRefusal))
      throw error;
    return fail({ code: "view/trapped", reason: error.message, keys: [...keys.values()] });
  }
}

/** Keys that a call reads, whether it answers or traps: what a proof for it must cover. */
export function keysOfCall(call: ViewCall): readonly Uint8Array[] {
  const called = callView(call);
  if (called.ok) return called.value.keys;
  return called.error.code === "view/trapped" ? called.error.keys : [];
}

function instantiate(code: Uint8Array, host: ViewHost): Result<WebAssembly.Instance, ViewError> {
  try {
    const instance = new WebAssembly.Instance(compiled(code), { env: host.functions() });
    const { memory, __heap_base: heapBase } = instance.exports;
    if (!(memory instanceof WebAssembly.Memory) || !(heapBase instanceof WebAssembly.Global))
      return fail({ code: "view/bad-module", reason: "no memory or no __heap_base" });
    host.attach(memory, Number(heapBase.value));
    return ok(instance);
  } catch (error) {
    if (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError)
      return fail({ code: "view/bad-module", reason: error.message });
    throw error;
  }
}

function compiled(code: Uint8Array): WebAssembly.Module {
  const key = hashes.get(code) ?? Buffer.from(blake2b256(code)).toString("latin1");
  hashes.set(code, key);
  const known = modules.get(key);
  if (known) return known;
  const made = new WebAssembly.Module(Uint8Array.from(code));
  modules.set(key, made);
  if (modules.size > MODULES)
    for (const oldest of modules.keys()) {
      modules.delete(oldest);
      break;
    }
  return made;
}

class HostRefusal extends Error {}

/** The host's side: an allocator that only grows, and the functions of `env`. */
class ViewHost {
  readonly #get: ViewCall["get"];
  #memory: WebAssembly.Memory | undefined;
  #free = 0;

  constructor(get: ViewCall["get"]) {
    this.#get = get;
  }

  attach(memory: WebAssembly.Memory, heapBase: number): void {
    this.#memory = memory;
    this.#free = heapBase;
  }

  functions(): WebAssembly.ModuleImports {
    const hashed = (hash: (data: Uint8Array) => Uint8Array) => (span: bigint) =>
      this.put(hash(this.take(span)))[0];
    const verified =
      (verify: (key: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean) =>
      (signature: number, message: bigint, key: number) =>
        verify(this.#read(key, 32), this.take(message), this.#read(signature, 64)) ? 1 : 0;
    return {
      ext_storage_get_version_1: (key: bigint) =>
        this.#span(this.put(encode(optionalBytes, this.#get(this.take(key))))),
      ext_allocator_malloc_version_1: (length: number) => this.#allocate(length),
      ext_hashing_blake2_128_version_1: hashed(blake2b128),
      ext_hashing_blake2_256_version_1: hashed(blake2b256),
      ext_hashing_twox_64_version_1: hashed(twox64),
      ext_crypto_ed25519_verify_version_1: verified(ed25519Verify),
      ext_crypto_sr25519_verify_version_2: verified(sr25519Verify),
      ext_crypto_secp256k1_ecdsa_recover_compressed_version_2: (
        signature: number,
        hash: number,
      ) => {
        const key = ecdsaRecover(this.#read(hash, 32), this.#read(signature, 65));
        return this.#span(this.put(key ? Uint8Array.of(0, ...key) : Uint8Array.of(1, 2)));
      },
    };
  }

  /** Copies bytes in; gives pointer and length. */
  put(data: Uint8Array): [pointer: number, length: number] {
    const pointer = this.#allocate(data.length);
    this.#bytes().set(data, pointer);
    return [pointer, data.length];
  }

  /** Copies a span out. */
  take(span: bigint): Uint8Array {
    const packed = BigInt.asUintN(64, span);
    return this.#read(Number(packed & 0xffff_ffffn), Number(packed >> 32n));
  }

  #read(pointer: number, length: number): Uint8Array {
    const memory = this.#bytes();
    const from = pointer >>> 0;
    if (from + length > memory.length) throw new HostRefusal("a span is outside of the memory");
    return memory.slice(from, from + length);
  }

  #allocate(length: number): number {
    const pointer = this.#free;
    const end = (pointer + (length >>> 0) + 7) & ~7;
    const memory = this.#memory;
    if (memory === undefined || end > MAX_PAGES * PAGE_BYTES)
      throw new HostRefusal("a view asks for too much memory");
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#free = end;
    return pointer;
  }

  #bytes(): Uint8Array {
    if (this.#memory === undefined) throw new HostRefusal("the module is not attached");
    return new Uint8Array(this.#memory.buffer);
  }

  #span([pointer, length]: readonly [number, number]): bigint {
    return (BigInt(length) << 32n) | BigInt(pointer);
  }
}
