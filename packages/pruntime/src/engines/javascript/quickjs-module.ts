/** The instrumented QuickJS module: pinned input, cached output. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PhaError } from "@pha/scale";
import { INSTRUMENTOR_VERSION, instrument } from "../wasm/instrument.ts";

/** SHA-256 of the engine binary whose exports, imports and layout `quickjs.ts` knows. */
const ENGINE_HASH = "105c3bed22d457e43e3d1c3c1c6959fda62a8fe06f0fc8a985303c3a2be72232";

/** Fixed by the engine binary. */
export const LAYOUT = {
  /** End of static data, beginning of the C stack's room. */
  staticEnd: 90_208,
  /** Where the C stack begins (it grows down) and the heap too (it grows up). */
  heapStart: 5_333_088,
  /** Address of the allocator's word for the end of the heap. */
  heapTopWord: 86_864,
} as const;

export const STACK_LIMITS = {
  /**
   * Estimated bytes of native stack. Measured, deep calls of every kind fill a native stack of 984 KiB at estimates
   * between 1.05 and 1.6 million, whatever the compiler's tier: this is less than half.
   */
  height: 480_000,
  /** 1 MiB of C stack. */
  pointer: LAYOUT.heapStart - (1 << 20),
} as const;

let loaded: WebAssembly.Module | undefined;

/**
 * Compiles the instrumented engine, once per process.
 *
 * @param cacheDir where to keep the instrumented bytes; nowhere when absent
 */
export function loadQuickJsModule(cacheDir?: string): WebAssembly.Module {
  loaded ??= new WebAssembly.Module(instrumentedBytes(cacheDir));
  return loaded;
}

function instrumentedBytes(cacheDir: string | undefined): Uint8Array<ArrayBuffer> {
  const original = readEngine();
  if (cacheDir === undefined) return own(instrument(original, STACK_LIMITS));
  const limits = `${STACK_LIMITS.height}-${STACK_LIMITS.pointer}`;
  const name = `quickjs-${ENGINE_HASH.slice(0, 16)}-${INSTRUMENTOR_VERSION}-${limits}.wasm`;
  const path = join(cacheDir, name);
  if (existsSync(path)) {
    const kept = readFileSync(path);
    // The cache is only as good as its hash, which lies beside the bytes.
    const hash = sha256(kept.subarray(32));
    if (kept.length > 32 && hash.equals(kept.subarray(0, 32))) return own(kept.subarray(32));
  }
  const bytes = own(instrument(original, STACK_LIMITS));
  mkdirSync(cacheDir, { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, Buffer.concat([sha256(bytes), bytes]));
  renameSync(partial, path);
  return bytes;
}

function readEngine(): Uint8Array {
  const path = createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
  const bytes = readFileSync(path);
  ensurePinned(bytes);
  return bytes;
}

/** @throws PhaError `engine/unknown-binary` */
export function ensurePinned(bytes: Uint8Array): void {
  const hash = sha256(bytes).toString("hex");
  if (hash !== ENGINE_HASH)
    throw new PhaError("engine/unknown-binary", "the installed QuickJS is not the pinned one", {
      facts: { hash, pinned: ENGINE_HASH },
      hint: "Install dependencies from the lockfile: npm ci.",
    });
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** A copy over a plain buffer, as WebAssembly wants. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
