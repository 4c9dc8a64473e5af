/** Where the bundled programs lie: beside this one. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

export function distFolder(): string {
  return dirname(fileURLToPath(import.meta.url));
}
