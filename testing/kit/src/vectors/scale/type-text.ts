/** Codecs from the way test files write types: `Vec<Option<i8>>`, `(Compact<u32>,bool)`, `[u32; 3]`. */
import {
  array,
  bool,
  bytes,
  type Codec,
  checked,
  compact,
  fixedBytes,
  mapCodec,
  option,
  PRIMITIVE_CODECS,
  str,
  tuple,
  u8,
  u32,
  u64,
  u128,
  unit,
  vec,
} from "@pha/scale";

/** One byte: absent, true, false. */
const optionBool: Codec<boolean | undefined> = {
  ...mapCodec(
    checked(u8, (byte) => byte <= 2),
    (byte) => (byte === 0 ? undefined : byte === 1),
    (value) => (value === undefined ? 0 : value ? 1 : 2),
  ),
  shape: { kind: "variant", path: ["OptionBool"], variants: [] },
};

const NAMED: Readonly<Record<string, Codec<unknown>>> = {
  ...PRIMITIVE_CODECS,
  moment: u64,
  balance: u128,
  blocknumber: u32,
  index: u32,
  string: str,
  text: str,
  bytes,
  optionbool: optionBool as Codec<unknown>,
  "option<bool>": option(bool) as Codec<unknown>,
  "()": unit,
  null: unit,
  h160: fixedBytes(20),
  h256: fixedBytes(32),
  h512: fixedBytes(64),
  hash: fixedBytes(32),
  accountid: fixedBytes(32),
};

/** `undefined` when the notation or a type in it is not known. */
export function codecOfText(notation: string): Codec<unknown> | undefined {
  const type = notation.trim();
  const named = NAMED[type.toLowerCase()];
  if (named !== undefined) return named;
  const generic = /^(\w+)\s*<(.*)>$/s.exec(type);
  if (generic) return genericCodec(generic[1] ?? "", generic[2] ?? "");
  if (type.startsWith("(") && type.endsWith(")")) {
    const parts = split(type.slice(1, -1)).map(codecOfText);
    return parts.every((part) => part !== undefined) ? tuple(...parts) : undefined;
  }
  const sized = /^\[(.*);\s*(\d+)\]$/s.exec(type);
  if (sized) {
    const inner = codecOfText(sized[1] ?? "");
    if (inner === undefined) return undefined;
    return inner === u8 ? fixedBytes(Number(sized[2])) : array(inner, Number(sized[2]));
  }
  return undefined;
}

function genericCodec(name: string, argument: string): Codec<unknown> | undefined {
  switch (name) {
    case "Compact": {
      const integer = NAMED[argument.trim().toLowerCase()];
      return integer?.shape.kind === "primitive" && integer.shape.primitive.startsWith("u")
        ? compact(integer as Codec<bigint>)
        : undefined;
    }
    case "Vec":
    case "BTreeSet": {
      const inner = codecOfText(argument);
      return inner && (inner === u8 ? bytes : vec(inner));
    }
    case "Option": {
      const inner = codecOfText(argument);
      return inner && option(inner);
    }
    case "BTreeMap": {
      const parts = split(argument).map(codecOfText);
      return parts.every((part) => part !== undefined) ? vec(tuple(...parts)) : undefined;
    }
    default:
      return undefined;
  }
}

/** Parts between commas that are in no brackets. */
function split(notation: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < notation.length; i++) {
    const char = notation.charAt(i);
    if ("(<[".includes(char)) depth++;
    else if (")>]".includes(char)) depth--;
    else if (char === "," && depth === 0) {
      parts.push(notation.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(notation.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
