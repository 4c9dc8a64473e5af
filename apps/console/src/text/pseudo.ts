/** English made strange: accents on letters, a third longer, in brackets; placeholders stay. */

const LETTERS: Readonly<Record<string, string>> = {
  a: "á",
  b: "ƀ",
  c: "ç",
  d: "ð",
  e: "é",
  f: "ƒ",
  g: "ĝ",
  h: "ĥ",
  i: "í",
  j: "ĵ",
  k: "ķ",
  l: "ļ",
  m: "ɱ",
  n: "ñ",
  o: "ó",
  p: "þ",
  q: "ɋ",
  r: "ŕ",
  s: "š",
  t: "ţ",
  u: "ú",
  v: "ṽ",
  w: "ŵ",
  x: "ẋ",
  y: "ý",
  z: "ž",
};

export const PSEUDO_OPENS = "⟦";
export const PSEUDO_CLOSES = "⟧";

export function pseudo(text: string): string {
  const strange = text.replace(/\{\w+\}|[a-z]/g, (part) => LETTERS[part] ?? part);
  return `${PSEUDO_OPENS}${strange}${"·".repeat(Math.ceil(text.length / 3))}${PSEUDO_CLOSES}`;
}
