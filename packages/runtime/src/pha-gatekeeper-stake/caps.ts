/**
 * Who may sit together: of n seats no group holds more than t − 1, so that it can neither make a key alone nor, with as
 * many silent, prevent one (protocol §2). A group is everything that may fail, or be broken, at once.
 */

/**
 * The most of `ordered`, earlier ones first, up to `wanted`, among whom no group is too large.
 *
 * @param groupsOf labels of the groups that one is in
 * @param threshold shares that make a key, for a number of seats
 */
export function withinCaps<T>(
  ordered: readonly T[],
  groupsOf: (one: T) => readonly string[],
  wanted: number,
  threshold: (seats: number) => number,
): readonly T[] {
  // Fewer seats have smaller groups: the largest number that can be filled is looked for.
  for (let seats = Math.min(wanted, ordered.length); seats > 0; seats--) {
    const chosen = choose(ordered, groupsOf, seats, threshold(seats) - 1);
    if (chosen.length === seats) return chosen;
  }
  return [];
}

function choose<T>(
  ordered: readonly T[],
  groupsOf: (one: T) => readonly string[],
  seats: number,
  most: number,
): readonly T[] {
  const counts = new Map<string, number>();
  const chosen: T[] = [];
  for (const one of ordered) {
    if (chosen.length === seats) break;
    const groups = groupsOf(one);
    if (groups.some((group) => (counts.get(group) ?? 0) >= most)) continue;
    for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
    chosen.push(one);
  }
  return chosen;
}
