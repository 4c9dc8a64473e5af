/**
 * Fast sr25519 verification: a second schnorrkel build, used only where it cannot be hurt.
 *
 * The build is 1.8 times as fast as the authority (`@polkadot/wasm-crypto`) but panics on malformed keys, signatures
 * without marker and scalars out of range, leaks at each panic, and after about 1 400 of them gives wrong answers. So:
 * (1) the caller has checked marker and scalar; (2) only keys under which the authority has accepted a signature before
 * come here; (3) an instance that traps is dropped and its verdict is the authority's, and after
 * `MAX_TRAPS` of them the fast path stays off.
 *
 * Bounds: `MAX_KEYS` known keys, the longest unused goes first; one wasm instance, replaced when its memory has grown
 * beyond `MAX_MEMORY_BYTES`.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export type Sr25519Verify = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

export interface FastVerify {
  readonly verify: Sr25519Verify;
  readonly counters: () => {
    readonly fast: number;
    readonly authority: number;
    readonly traps: number;
    readonly instances: number;
    readonly knownKeys: number;
  };
}

export interface FastVerifyOptions {
  /** Decides every first use of a key and everything after a trap. */
  readonly authority: Sr25519Verify;
  /** Gives the bytes of the fast build when a key comes again; without them the authority decides everything. */
  readonly wasm: () => Uint8Array | undefined;
  readonly maxKeys?: number;
  /** A longer message would grow the instance's memory; the authority takes it. */
  readonly maxMessageBytes?: number;
}

const MAX_KEYS = 4096;
const MAX_MESSAGE_BYTES = 1 << 20;
const MAX_TRAPS = 8;
const MAX_MEMORY_BYTES = 16 << 20;

/** The installed build's bytes, or `undefined` where it is not installed (a bundle, say). */
export function loadFastSchnorrkel(): Uint8Array | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve("@polkadot-labs/schnorrkel-wasm");
    return readFileSync(join(dirname(entry), "schnorrkel_bg.wasm"));
  } catch {
    // an optional speed-up: the authority gives the same verdicts
    return undefined;
  }
}

export function createFastVerify(options: FastVerifyOptions): FastVerify {
  const { authority, maxKeys = MAX_KEYS, maxMessageBytes = MAX_MESSAGE_BYTES } = options;
  let module: WebAssembly.Module | "none" | undefined;
  const known = new Set<string>();
  let instance: Instance | undefined;
  let fast = 0;
  let slow = 0;
  let traps = 0;
  let instances = 0;

  const remember = (key: string): void => {
    known.delete(key);
    known.add(key);
    if (known.size <= maxKeys) return;
    for (const oldest of known) {
      known.delete(oldest);
      return;
    }
  };

  const byAuthority: Sr25519Verify = (publicKey, message, signature) => {
    slow++;
    return authority(publicKey, message, signature);
  };

  const verify: Sr25519Verify = (publicKey, message, signature) => {
    if (module === "none" || traps >= MAX_TRAPS || message.length > maxMessageBytes)
      return byAuthority(publicKey, message, signature);
    const key = Buffer.from(publicKey.buffer, publicKey.byteOffset, 32).toString("latin1");
    if (!known.has(key)) {
      const valid = byAuthority(publicKey, message, signature);
      if (valid) remember(key);
      return valid;
    }
    remember(key);
    module ??= compile(options.wasm());
    if (module === "none") return byAuthority(publicKey, message, signature);
    try {
      if (instance === undefined) {
        instance = instantiate(module);
        instances++;
      }
      const valid = instance.verify(publicKey, message, signature);
      fast++;
      if (instance.memoryBytes() > MAX_MEMORY_BYTES) instance = undefined;
      return valid;
    } catch {
      // A trap says nothing about the signature, and leaves the instance in an unknown state.
      instance = undefined;
      traps++;
      return byAuthority(publicKey, message, signature);
    }
  };

  return {
    verify,
    counters: () => ({ fast, authority: slow, traps, instances, knownKeys: known.size }),
  };
}

interface Instance {
  readonly verify: Sr25519Verify;
  readonly memoryBytes: () => number;
}

function compile(wasm: Uint8Array | undefined): WebAssembly.Module | "none" {
  // A copy, since the compiler's type wants a plain ArrayBuffer beneath.
  return wasm === undefined ? "none" : new WebAssembly.Module(Uint8Array.from(wasm));
}

/** The build imports glue for panics and entropy; verifying needs neither, so all of it traps. */
function instantiate(module: WebAssembly.Module): Instance {
  const imports: Record<string, Record<string, () => never>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new Error(`schnorrkel called ${name}`);
    };
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const { memory, __wbindgen_malloc: malloc, sr25519_verify: verify } = exports;
  if (
    !(memory instanceof WebAssembly.Memory) ||
    typeof malloc !== "function" ||
    typeof verify !== "function"
  )
    throw new Error("schnorrkel build without the expected exports");

  // The callee frees what it is given.
  const pass = (bytes: Uint8Array): number => {
    const at: number = malloc(bytes.length, 1) >>> 0;
    new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
    return at;
  };
  return {
    verify: (publicKey, message, signature) => {
      const keyAt = pass(publicKey);
      const messageAt = pass(message);
      const signatureAt = pass(signature);
      return verify(keyAt, 32, messageAt, message.length, signatureAt, 64) !== 0;
    },
    memoryBytes: () => memory.buffer.byteLength,
  };
}
