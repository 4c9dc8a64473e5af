#!/usr/bin/env node
// Finds Chromium for the browser tests; where it is absent and may be installed (root on Debian), installs it.
// `PHA_CHROMIUM` names another browser of the family; `PHA_NO_CHROMIUM` is the reason why there is to be none.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ensureDebian } from "./debian.mjs";

const DEBIAN = "/usr/bin/chromium";

/** `{ path }` of the browser, or `{ missing }`: why there is none. Quiet when it is present. */
export async function ensureChromium() {
  const { PHA_CHROMIUM: given, PHA_NO_CHROMIUM: missing } = process.env;
  if (missing) return { missing };
  if (given !== undefined)
    return existsSync(given)
      ? { path: given }
      : { missing: `PHA_CHROMIUM names ${given}, which does not exist` };
  return ensureDebian({ path: DEBIAN, name: "chromium", what: "the browser tests" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path, missing } = await ensureChromium();
  process.stdout.write(`${path ?? missing}\n`);
  process.exitCode = path === undefined ? 1 : 0;
}
