/** The next version of pRuntime, as a release would bring it: another program, and so another measurement. */
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { devnetDist } from "./start-devnet.ts";

/** As the bundle has it. */
const VERSION = /\b0\s*<<\s*16\s*\|\s*1\s*<<\s*8\s*\|\s*0\b/g;
const NEXT = "0<<16|2<<8|0";

/** Script of version 0.2.0 in a folder of its own, beside the built programs, where it finds the packages that they find. */
export async function nextPRuntime(): Promise<{
  readonly folder: string;
  readonly script: string;
}> {
  const dist = await devnetDist();
  const folder = mkdtempSync(join(dist, "next-pruntime-"));
  const script = join(folder, "pruntime.js");
  const text = readFileSync(join(dist, "pruntime.js"), "utf8");
  const found = text.match(VERSION)?.length ?? 0;
  if (found !== 1) throw new Error(`the bundle names its version ${found} times`);
  writeFileSync(script, text.replace(VERSION, NEXT));
  copyFileSync(join(dist, "engine.js"), join(folder, "engine.js"));
  return { folder, script };
}
