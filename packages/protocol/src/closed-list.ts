/** A closed list of names as an enum whose numbers are the positions in the list. */
import { assert, type Codec, mapCodec, unit, variant, variants } from "@pha/scale";

/** Names are `kebab-case` or capitalised in the list, and `UpperCamelCase` in the type that tools see. */
export function closedList<const T extends string>(
  names: readonly T[],
  path: readonly string[],
): Codec<T> {
  const tags = Object.fromEntries(
    names.map((one, i) => [
      one.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase()),
      variant(i, unit),
    ]),
  );
  const spelled = Object.keys(tags);
  return mapCodec(
    variants(tags, { path: [...path] }),
    ({ type }) => {
      const one = names[spelled.indexOf(type)];
      assert(one !== undefined, "decoded names are of the list");
      return one;
    },
    (one) => ({ type: spelled[names.indexOf(one)] ?? "", value: undefined }),
  );
}
