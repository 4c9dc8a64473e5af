/**
 * Strict reader of the JSON that vendors sign.
 *
 * The language's own parser keeps the last of two members with one name and any number; here a name occurs once and
 * numbers are non-negative integers, so that no two readers can take a signed text for different things.
 *
 * **Bounds**: text is as long as the caller allows; nesting ends at `MAX_DEPTH`. **Trust**: hostile text.
 *
 * @see RFC 8259 §2
 */
import { fail, ok, parseHex, type Result } from "@pha/scale";
import { parseIsoTime } from "../x509/time.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonMembers;
type JsonMembers = ReadonlyMap<string, Json>;

const MAX_DEPTH = 16;

export interface JsonError {
  readonly reason: string;
}

class JsonFailure extends Error {}

/** What `read` makes of a text that is one object. */
export function readJson<T>(text: string, read: (object: JsonObject) => T): Result<T, JsonError> {
  return attempt(() => read(objectOf(parse(text), "the text")));
}

/** What `read` makes of a text that is one list. */
export function readJsonList<T>(
  text: string,
  read: (item: JsonObject) => T,
): Result<readonly T[], JsonError> {
  return attempt(() => {
    const value = parse(text);
    if (!Array.isArray(value)) throw new JsonFailure("the text is no list");
    return value.map((item: Json) => read(objectOf(item, "an item")));
  });
}

function attempt<T>(run: () => T): Result<T, JsonError> {
  try {
    return ok(run());
  } catch (error) {
    if (error instanceof JsonFailure) return fail({ reason: error.message });
    throw error;
  }
}

function objectOf(value: Json | undefined, name: string): JsonObject {
  if (!(value instanceof Map)) throw new JsonFailure(`${name} is no object`);
  return new JsonObject(value);
}

/** Members of an object by name and type; each method fails through `readJson`. */
export class JsonObject {
  readonly #members: JsonMembers;

  constructor(members: JsonMembers) {
    this.#members = members;
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  /** Fails when there is a member of another name. */
  only(names: readonly string[]): void {
    for (const name of this.#members.keys())
      if (!names.includes(name)) this.fail(`${name} is unknown`);
  }

  /** Ends the reading. */
  fail(reason: string): never {
    throw new JsonFailure(reason);
  }

  text(name: string): string {
    const value = this.#members.get(name);
    return typeof value === "string" ? value : this.fail(`${name} is no text`);
  }

  unsigned(name: string, most: number): number {
    const value = this.#members.get(name);
    return typeof value === "number" && value <= most
      ? value
      : this.fail(`${name} is no number up to ${most}`);
  }

  /** Hex digits, of exactly so many bytes where `bytes` is given. */
  hex(name: string, bytes?: number): Uint8Array {
    const text = this.text(name);
    const parsed = text.startsWith("0x") ? undefined : parseHex(text);
    if (parsed?.ok !== true || (bytes !== undefined && parsed.value.length !== bytes))
      this.fail(`${name} is not hex${bytes === undefined ? "" : ` of ${bytes} bytes`}`);
    return parsed.value;
  }

  /** `YYYY-MM-DDTHH:MM:SSZ` as Unix milliseconds. */
  time(name: string): bigint {
    return parseIsoTime(this.text(name)) ?? this.fail(`${name} is no time`);
  }

  object(name: string): JsonObject {
    return objectOf(this.#members.get(name), name);
  }

  /** Objects in their order, at most `most`. */
  list(name: string, most: number): readonly JsonObject[] {
    return this.#list(name, most).map((item) => objectOf(item, `an item of ${name}`));
  }

  texts(name: string, most: number): readonly string[] {
    return this.#list(name, most).map((item) =>
      typeof item === "string" ? item : this.fail(`an item of ${name} is no text`),
    );
  }

  #list(name: string, most: number): readonly Json[] {
    const value = this.#members.get(name);
    if (!Array.isArray(value)) this.fail(`${name} is no list`);
    if (value.length > most) this.fail(`${name} has more than ${most} items`);
    return value;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const PLAIN = /[^"\\]*/y;
const FIRST_PRINTABLE = 0x20;
const SPACE = /[ \t\n\r]*/y;
const NUMBER = /(?:0|[1-9][0-9]{0,14})(?![0-9.eE])/y;
const UNICODE = /[0-9a-fA-F]{4}/y;

function parse(text: string): Json {
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const broken = (): never => {
    throw new JsonFailure(`no JSON of the strict form at ${at}`);
  };
  const take = (token: string): boolean => {
    match(SPACE);
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const string = (): string => {
    let value = "";
    for (;;) {
      const plain = match(PLAIN) ?? "";
      for (let i = 0; i < plain.length; i++) if (plain.charCodeAt(i) < FIRST_PRINTABLE) broken();
      value += plain;
      const end = text[at++];
      if (end === '"') return value;
      if (end !== "\\") return broken();
      const letter = text[at++] ?? "";
      const unicode = letter === "u" ? match(UNICODE) : undefined;
      value +=
        unicode === undefined
          ? (ESCAPES[letter] ?? broken())
          : String.fromCharCode(Number.parseInt(unicode, 16));
    }
  };
  const members = (depth: number): JsonMembers => {
    const map = new Map<string, Json>();
    if (take("}")) return map;
    do {
      if (!take('"')) return broken();
      const name = string();
      if (map.has(name)) throw new JsonFailure("a name occurs twice");
      if (!take(":")) return broken();
      map.set(name, value(depth));
    } while (take(","));
    return take("}") ? map : broken();
  };
  const items = (depth: number): readonly Json[] => {
    const list: Json[] = [];
    if (take("]")) return list;
    do list.push(value(depth));
    while (take(","));
    return take("]") ? list : broken();
  };
  const value = (depth: number): Json => {
    if (depth > MAX_DEPTH) throw new JsonFailure("nested too deeply");
    if (take("{")) return members(depth + 1);
    if (take("[")) return items(depth + 1);
    if (take('"')) return string();
    if (take("true")) return true;
    if (take("false")) return false;
    if (take("null")) return null;
    return Number(match(NUMBER) ?? broken());
  };
  const whole = value(0);
  match(SPACE);
  return at === text.length ? whole : broken();
}
