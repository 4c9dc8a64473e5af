/** The bundle of a state transition, built from the sources as the programs' build does. */
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";

const ROOT = join(import.meta.dirname, "..", "..", "..", "..");
const bundles = new Map<string, Promise<Uint8Array>>();

interface BundleScript {
  readonly RUNTIMES: Readonly<Record<string, string>>;
  bundleRuntime(options: { readonly root: string; readonly entry: string }): Promise<Uint8Array>;
}

/** @param entry name of a preset, or the absolute path of another entry */
export function bundledRuntime(entry = "dev"): Promise<Uint8Array> {
  const known = bundles.get(entry);
  if (known) return known;
  const made = build(entry);
  bundles.set(entry, made);
  return made;
}

async function build(entry: string): Promise<Uint8Array> {
  const script: BundleScript = await import(pathToFileURL(join(ROOT, "bin", "bundle.mjs")).href);
  return script.bundleRuntime({
    root: ROOT,
    entry: isAbsolute(entry) ? entry : join(ROOT, script.RUNTIMES[entry] ?? entry),
  });
}
