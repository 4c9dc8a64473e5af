const MAX_CHARACTERS = 40;

/**
 * A name by a stranger as one short line: without control characters, line breaks and marks that turn the direction of
 * what stands beside it.
 *
 * @param fallback where nothing is left
 */
export function shownName(name: unknown, fallback: string): string {
  if (typeof name !== "string") return fallback;
  const plain = name
    .slice(0, 1000)
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  const characters = [...plain];
  if (characters.length === 0) return fallback;
  return characters.length <= MAX_CHARACTERS
    ? plain
    : `${characters.slice(0, MAX_CHARACTERS - 1).join("")}…`;
}
