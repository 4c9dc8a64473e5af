/** The instrumented QuickJS module on a machine: pinned input from disk, cached output. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { INSTRUMENTOR_VERSION } from "../wasm/instrument.ts";
import { instrumentEngine } from "./instrumented.ts";
import { ENGINE_HASH, STACK_LIMITS } from "./layout.ts";

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
  const original = readFileSync(
    createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm"),
  );
  if (cacheDir === undefined) return own(instrumentEngine(original, sha256));
  const limits = `${STACK_LIMITS.height}-${STACK_LIMITS.pointer}`;
  const name = `quickjs-${ENGINE_HASH.slice(0, 16)}-${INSTRUMENTOR_VERSION}-${limits}.wasm`;
  const path = join(cacheDir, name);
  if (existsSync(path)) {
    const kept = readFileSync(path);
    // The cache is only as good as its hash, which lies beside the bytes.
    const hash = sha256(kept.subarray(32));
    if (kept.length > 32 && hash.equals(kept.subarray(0, 32))) return own(kept.subarray(32));
  }
  const bytes = own(instrumentEngine(original, sha256));
  mkdirSync(cacheDir, { recursive: true });
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, Buffer.concat([sha256(bytes), bytes]));
  renameSync(partial, path);
  return bytes;
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
