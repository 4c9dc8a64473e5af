// Finds swtpm for the tests of TPMs; where it is absent and may be installed (root on Debian), installs it.
// `PHA_NO_SWTPM` is the reason why there is to be none.
import { ensureDebian } from "./debian.mjs";

/** `{ path }` of the program, or `{ missing }`: why there is none. Quiet when it is present. */
export async function ensureSwtpm() {
  const { PHA_NO_SWTPM: missing } = process.env;
  if (missing) return { missing };
  return ensureDebian({ path: "/usr/bin/swtpm", name: "swtpm", what: "the tests of TPMs" });
}
