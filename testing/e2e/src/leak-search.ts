/**
 * Searches bytes for words that must not be there: raw, in hex, in base64 at any alignment, in UTF-16.
 *
 * All patterns are searched for in one pass, found by their first four bytes.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

/** Shorter words are found by chance. */
export const LEAST_TOKEN_BYTES = 12;

/** Words of an input: the fields themselves and their pieces between spaces. */
export function tokensOf(fields: Iterable<string>): ReadonlySet<string> {
  const tokens = new Set<string>();
  for (const field of fields)
    for (const token of [field, ...field.split(/[\s"]+/)])
      if (Buffer.byteLength(token) >= LEAST_TOKEN_BYTES) tokens.add(token);
  return tokens;
}

export interface LeakSearch {
  /** Words found in the bytes, each with the form it was found in. */
  find(haystack: Uint8Array): ReadonlyMap<string, string>;
}

interface Pattern {
  readonly token: string;
  readonly form: string;
  readonly bytes: Uint8Array;
}

export function createLeakSearch(tokens: Iterable<string>): LeakSearch {
  const patterns = [...tokens].flatMap(patternsOf);
  const byStart = new Map<number, Pattern[]>();
  // A bit for each two-byte start: most positions end here.
  const starts = new Uint8Array(65_536);
  for (const pattern of patterns) {
    const start = startOf(pattern.bytes, 0);
    byStart.set(start, [...(byStart.get(start) ?? []), pattern]);
    starts[start & 0xffff] = 1;
  }
  return {
    find(haystack) {
      const found = new Map<string, string>();
      for (let at = 0; at + 4 <= haystack.length; at++) {
        if (starts[(haystack[at] as number) | ((haystack[at + 1] as number) << 8)] === 0) continue;
        for (const { token, form, bytes } of byStart.get(startOf(haystack, at)) ?? [])
          if (!found.has(token) && isAt(haystack, at, bytes)) found.set(token, form);
      }
      return found;
    },
  };
}

function startOf(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

function isAt(haystack: Uint8Array, at: number, bytes: Uint8Array): boolean {
  if (at + bytes.length > haystack.length) return false;
  for (let i = 0; i < bytes.length; i++) if (haystack[at + i] !== bytes[i]) return false;
  return true;
}

function patternsOf(token: string): readonly Pattern[] {
  const utf8 = Buffer.from(token);
  const pattern = (form: string, bytes: Uint8Array): Pattern => ({ token, form, bytes });
  return [
    pattern("raw", utf8),
    pattern("hex", Buffer.from(utf8.toString("hex"))),
    pattern("HEX", Buffer.from(utf8.toString("hex").toUpperCase())),
    pattern("utf-16", Buffer.from(token, "utf16le")),
    ...[0, 1, 2].map((offset) => pattern("base64", base64At(utf8, offset))),
  ];
}

/** Base64 of the word where its first byte is at this offset of three; characters that neighbours share are cut. */
function base64At(bytes: Uint8Array, offset: number): Uint8Array {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const text = padded.toString("base64").replace(/=+$/, "");
  const first = [0, 2, 3][offset] ?? 0;
  const last = padded.length % 3 === 0 ? text.length : text.length - 1;
  return Buffer.from(text.slice(first, last));
}

/** Contents of all files below a folder, with their paths. */
export function* filesBelow(folder: string): Generator<{ path: string; bytes: Uint8Array }> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield { path, bytes: readFileSync(path) };
  }
}

const PAGE = 4096;
/** Pages read at once. */
const MOST_PAGES = 4096;

/** Memory that a process has written, in pieces; nothing when this machine does not let us read it. */
export function* memoryOf(pid: number): Generator<Uint8Array> {
  let memory: number;
  let pagemap: number;
  let maps: string;
  try {
    maps = readFileSync(`/proc/${pid}/maps`, "latin1");
    memory = openSync(`/proc/${pid}/mem`, "r");
    pagemap = openSync(`/proc/${pid}/pagemap`, "r");
  } catch {
    // No such interface here, or not allowed: the caller's positive control tells.
    return;
  }
  try {
    for (const line of maps.split("\n")) {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) continue;
      const first = Number.parseInt(from, 16) / PAGE;
      const last = Number.parseInt(to, 16) / PAGE;
      for (const run of presentRuns(pagemap, first, last)) {
        const piece = Buffer.alloc(run.pages * PAGE);
        try {
          const length = readSync(memory, piece, 0, piece.length, run.page * PAGE);
          yield piece.subarray(0, length);
        } catch {
          // Given back in the meantime.
        }
      }
    }
  } finally {
    closeSync(memory);
    closeSync(pagemap);
  }
}

/** Pages of a region that are in memory, neighbours together; a reserved region is mostly not. */
function* presentRuns(
  pagemap: number,
  first: number,
  last: number,
): Generator<{ readonly page: number; readonly pages: number }> {
  const entries = Buffer.alloc((last - first) * 8);
  const length = readSync(pagemap, entries, 0, entries.length, first * 8);
  let start: number | undefined;
  for (let i = 0; i <= length / 8; i++) {
    // The highest bit of an entry says that the page is present.
    const present = i < length / 8 && ((entries[i * 8 + 7] ?? 0) & 0x80) !== 0;
    if (present && start === undefined) start = i;
    if (start === undefined || (present && i - start < MOST_PAGES)) continue;
    yield { page: first + start, pages: i - start };
    start = present ? i : undefined;
  }
}
