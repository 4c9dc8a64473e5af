/** What the owner sees: totals, and counts by name. */
import { text } from "@pha/contract";
import { type CodecType, fixedBytes, option, struct, tuple, u32, u64, vec } from "@pha/scale";

const Count = tuple(text(4096), u32);
export const Counts = vec(Count, 4096);

export const Report = struct({
  views: u32,
  uniqueIps: u32,
  uniqueUserAgents: u32,
  /** Distinct (address, user agent, day). */
  visitors: u32,
  bytes: u64,
  status: Counts,
  perDay: Counts,
  perHour: Counts,
});

/** Where a page of names ends: the pseudonym of its last name. */
export const Cursor = fixedBytes(32);

/** The most frequent names of one page, and where the next page begins; none behind the last. */
export const TopPage = struct({ names: Counts, next: option(Cursor) });
export type TopPage = CodecType<typeof TopPage>;

/** Names that one page looks at, whatever their number in all: the longest ones fit a contract's memory. */
export const PAGE_NAMES = 500;
/** Most names of an answer; that of the longest names fits a reply. */
export const MAX_TOP = 15;

/** Most frequent first, ties by name in code-unit order, at most `most`. */
export function mostFrequent(
  counts: readonly (readonly [string, number])[],
  most: number,
): [string, number][] {
  const top: [string, number][] = [];
  for (const [name, count] of counts) {
    const last = top[top.length - 1];
    if (top.length === most && last && !comesBefore(name, count, last)) continue;
    let at = top.length;
    for (let before = top[at - 1]; before && comesBefore(name, count, before); before = top[at - 1])
      at--;
    top.splice(at, 0, [name, count]);
    if (top.length > most) top.pop();
  }
  return top;
}

function comesBefore(
  name: string,
  count: number,
  [other, otherCount]: readonly [string, number],
): boolean {
  return count > otherCount || (count === otherCount && name < other);
}
