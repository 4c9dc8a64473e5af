/** The bundle of a state transition, built from the sources as the programs' build does. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");
const bundles = new Map<string, Promise<Uint8Array>>();

interface BundleScript {
  readonly RUNTIME: string;
  bundleRuntime(options: { readonly root: string; readonly entry: string }): Promise<Uint8Array>;
}

/** @param entry of another runtime than the development chain's, absolute */
export function bundledRuntime(entry?: string): Promise<Uint8Array> {
  const key = entry ?? "";
  const known = bundles.get(key);
  if (known) return known;
  const made = build(entry);
  bundles.set(key, made);
  return made;
}

async function build(entry: string | undefined): Promise<Uint8Array> {
  const script: BundleScript = await import(pathToFileURL(join(ROOT, "bin", "bundle.mjs")).href);
  return script.bundleRuntime({ root: ROOT, entry: entry ?? join(ROOT, script.RUNTIME) });
}
