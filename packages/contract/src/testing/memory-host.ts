/** A contract's host over a map, for tests: no encryption, no limits of fuel, no secret. */
import { compareBytes, concatBytes, equalBytes, toHex } from "@pha/scale";
import { ContractFailure } from "../failure.ts";
import type { ContractHost, StoredEntry } from "../host.ts";
import { createOpenings } from "../openings.ts";

/** Small, so that tests meet page ends. */
const SCAN_PAGE = 16;

export interface MemoryHost extends ContractHost {
  /** Starts a call; a query may not write. */
  begin(kind: "instantiate" | "command" | "query"): void;
  /** Keeps the call's writes. */
  commit(): void;
  /** What is kept, in byte order of keys. */
  entries(): readonly StoredEntry[];
  /** What stands for a sealed box: the key, then the plain bytes. */
  seal(domain: Uint8Array, plain: Uint8Array): Uint8Array;
}

export function createMemoryHost(): MemoryHost {
  const kept = new Map<string, StoredEntry>();
  let written = new Map<string, StoredEntry | undefined>();
  let readOnly = false;
  let drawn = 0;
  let openings = createOpenings("instantiate", () => undefined);

  const boxKey = (domain: Uint8Array): Uint8Array =>
    scramble(concatBytes(Uint8Array.of(66), domain));
  const get = (key: Uint8Array): Uint8Array | undefined => {
    const name = toHex(key);
    const entry = written.has(name) ? written.get(name) : kept.get(name);
    return entry?.value.slice();
  };
  const write = (key: Uint8Array, entry: StoredEntry | undefined) => {
    if (readOnly) throw new ContractFailure("contract/query-writes");
    written.set(toHex(key), entry);
  };
  const sorted = (all: Iterable<StoredEntry>) =>
    [...all].sort((a, b) => compareBytes(a.key, b.key));

  return {
    begin(kind) {
      written = new Map();
      readOnly = kind === "query";
      openings = createOpenings(kind, get);
    },
    commit() {
      for (const [key, entry] of written)
        if (entry) kept.set(key, entry);
        else kept.delete(key);
      written = new Map();
    },
    entries: () => sorted(kept.values()),
    get,
    put: (key, value) => write(key, { key: key.slice(), value: value.slice() }),
    delete: (key) => write(key, undefined),
    open(key) {
      const refusal = openings.open(key);
      if (refusal !== undefined) throw new ContractFailure(refusal);
    },
    scan(prefix, after) {
      const merged = new Map<string, StoredEntry | undefined>([...kept, ...written]);
      const present = [...merged.values()].filter((entry) => entry !== undefined);
      return sorted(present)
        .filter(({ key }) => startsWith(key, prefix) && (!after || compareBytes(key, after) > 0))
        .slice(0, SCAN_PAGE);
    },
    random() {
      if (readOnly) throw new ContractFailure("contract/query-random");
      return scramble(Uint8Array.of(82, drawn & 255, drawn++ >> 8));
    },
    pseudonym: (domain, data) =>
      scramble(concatBytes(Uint8Array.of(80, domain.length), domain, data)),
    boxKey,
    openBox(domain, box) {
      const key = boxKey(domain);
      const isBox = equalBytes(box.subarray(0, key.length), key);
      return isBox ? box.slice(key.length) : undefined;
    },
    seal: (domain, plain) => concatBytes(boxKey(domain), plain),
  };
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return compareBytes(key.subarray(0, prefix.length), prefix) === 0;
}

/** 32 bytes that look random and differ for different data; not cryptography. */
function scramble(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(32);
  const view = new DataView(out.buffer);
  for (let word = 0; word < 8; word++) {
    let state = 0x811c9dc5 ^ Math.imul(word + 1, 0x9e3779b1);
    for (const byte of data) state = Math.imul(state ^ byte, 0x01000193) ^ (state >>> 15);
    for (let i = 0; i < 4; i++) state = Math.imul(state ^ (state >>> 13), 0x85ebca6b);
    view.setUint32(4 * word, state >>> 0, true);
  }
  return out;
}
