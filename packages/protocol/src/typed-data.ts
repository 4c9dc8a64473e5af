/**
 * Typed data as Ethereum's wallets show and sign it, and its hash.
 *
 * What is hashed is what the wallet is given: one value, of plain JSON. Types are those that certificates need, and those
 * of the standard's example; a negative integer or an array of fixed length is a mistake of the caller.
 *
 * @see EIP-712
 */
import { keccak256 } from "@pha/crypto";
import { assert, concatBytes, parseHex, utf8 } from "@pha/scale";

export type TypedValue =
  | string
  | number
  | boolean
  | readonly TypedValue[]
  | { readonly [field: string]: TypedValue };

export interface TypedField {
  readonly name: string;
  /** `string`, `bytes`, `bytes32`, `address`, `bool`, `uint32`, the name of a struct, or one of these with `[]`. */
  readonly type: string;
}

/** As `eth_signTypedData_v4` takes it. */
export interface TypedData {
  /** Fields of each struct, `EIP712Domain` among them. */
  readonly types: Readonly<Record<string, readonly TypedField[]>>;
  readonly primaryType: string;
  readonly domain: { readonly [field: string]: TypedValue };
  readonly message: { readonly [field: string]: TypedValue };
}

const WORD_BYTES = 32;

/** 32 bytes, which the account signs. */
export function typedDataHash({ types, primaryType, domain, message }: TypedData): Uint8Array {
  return keccak256(
    concatBytes(
      Uint8Array.of(0x19, 0x01),
      structHash(types, "EIP712Domain", domain),
      structHash(types, primaryType, message),
    ),
  );
}

type Types = TypedData["types"];

function structHash(types: Types, name: string, value: TypedValue): Uint8Array {
  assert(typeof value === "object" && !Array.isArray(value), `${name} is a struct`);
  // Neither text nor a list, as was just asked.
  const fields = value as { readonly [field: string]: TypedValue };
  const words = fieldsOf(types, name).map(({ name: field, type }) => {
    const given = Object.hasOwn(fields, field) ? fields[field] : undefined;
    assert(given !== undefined, `${name} has ${field}`);
    return wordOf(types, type, given);
  });
  return keccak256(concatBytes(keccak256(utf8(typeText(types, name))), ...words));
}

/** The struct with its fields, then those it names, by their names. */
function typeText(types: Types, name: string): string {
  const known = new Set<string>();
  const collect = (struct: string): void => {
    if (known.has(struct)) return;
    known.add(struct);
    for (const { type } of fieldsOf(types, struct)) {
      const base = type.replace(/\[\]$/, "");
      if (Object.hasOwn(types, base)) collect(base);
    }
  };
  collect(name);
  known.delete(name);
  return [name, ...[...known].sort((a, b) => (a < b ? -1 : 1))]
    .map((struct) => {
      const fields = fieldsOf(types, struct).map(({ type, name: field }) => `${type} ${field}`);
      return `${struct}(${fields.join(",")})`;
    })
    .join("");
}

function wordOf(types: Types, type: string, value: TypedValue): Uint8Array {
  if (type.endsWith("[]")) {
    assert(Array.isArray(value), `${type} is a list`);
    const element = type.slice(0, -2);
    return keccak256(concatBytes(...value.map((one: TypedValue) => wordOf(types, element, one))));
  }
  if (Object.hasOwn(types, type)) return structHash(types, type, value);
  if (type === "string") {
    assert(typeof value === "string", "a string is text");
    return keccak256(utf8(value));
  }
  if (type === "bytes") return keccak256(bytesOf(value));
  if (type === "address") return padded(bytesOf(value, 20), "left");
  if (type === "bool") return integerWord(value === true ? 1n : 0n);
  const [, kind, size] = /^(bytes|uint)([1-9]\d{0,2})$/.exec(type) ?? [];
  assert(kind !== undefined, `${type} is a type that is known here`);
  if (kind === "bytes") return padded(bytesOf(value, Number(size)), "right");
  assert(typeof value === "number" || typeof value === "string", "an integer is a number or text");
  return integerWord(BigInt(value));
}

function fieldsOf(types: Types, name: string): readonly TypedField[] {
  const fields = Object.hasOwn(types, name) ? types[name] : undefined;
  assert(fields, `${name} is a struct`);
  return fields;
}

function bytesOf(value: TypedValue, length?: number): Uint8Array {
  const bytes = typeof value === "string" ? parseHex(value) : undefined;
  assert(bytes?.ok, "bytes are hex");
  assert(length === undefined || bytes.value.length === length, "bytes have their length");
  return bytes.value;
}

function integerWord(value: bigint): Uint8Array {
  assert(value >= 0n && value < 1n << 256n, "an integer fits into a word");
  const word = parseHex(`0x${value.toString(16).padStart(2 * WORD_BYTES, "0")}`, WORD_BYTES);
  assert(word.ok, "digits of a word");
  return word.value;
}

function padded(bytes: Uint8Array, side: "left" | "right"): Uint8Array {
  const word = new Uint8Array(WORD_BYTES);
  word.set(bytes, side === "left" ? WORD_BYTES - bytes.length : 0);
  return word;
}
