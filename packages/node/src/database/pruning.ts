/** Which states a node keeps. */
import { PhaError } from "@pha/scale";

/** All of them, or those of so many final blocks and of all blocks above. */
export type Pruning = "archive" | number;

/** In the database a number, 0 for an archive. */
export const ARCHIVE = 0;
const MAX_KEPT = 2 ** 31;

export function isPruning(value: unknown): value is Pruning {
  return (
    value === "archive" ||
    (Number.isInteger(value) && Number(value) >= 1 && Number(value) < MAX_KEPT)
  );
}

/** What goes on in a database: it stays archive or pruned; how many states a pruned one keeps may change. */
export function agreedPruning(kept: number, asked: Pruning | undefined): Pruning {
  const known = kept === ARCHIVE ? "archive" : kept;
  if (asked === undefined || asked === known) return known;
  if (asked !== "archive" && known !== "archive") return asked;
  throw new PhaError("database/other-pruning", "the database keeps other states than asked for", {
    facts: { database: String(known), asked: String(asked) },
    hint: "leave --pruning out, a folder stays archive or pruned; for the other mode take a new folder: a pruned one fills with --sync warp, an archive with every block from genesis on",
  });
}
