/** Foreign text as one line of a terminal: what would move the cursor, turn the direction or hide is shown by its number. */
export function shownText(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
