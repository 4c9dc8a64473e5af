/** Manifest of attestation evidence: cases with files, a time, and what must come out. */

import { toHex } from "@pha/scale";
import { assert } from "../check.ts";

export interface ManifestCase {
  readonly id: string;
  readonly kind: string;
  /** Role → bytes. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Unix milliseconds; `undefined` for evidence without a time. */
  readonly verifyAt: bigint | undefined;
  readonly expect: Expectation;
  /** Takes what the verification said, facts or refusal, before it is compared with what is expected. */
  readonly tell: (verdict: unknown) => void;
}

export type Expectation = ReadonlyMap<string, unknown>;

export type JsonObject = { readonly [name: string]: unknown };

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Cases as they are listed; `undefined` when the text is no such manifest. */
export function listedCases(text: string): readonly JsonObject[] | undefined {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    // not JSON, so not a manifest
    return undefined;
  }
  if (!isObject(manifest) || !Array.isArray(manifest["cases"])) return undefined;
  const cases: readonly unknown[] = manifest["cases"];
  return cases.every((one): one is JsonObject => isObject(one) && "kind" in one && "expect" in one)
    ? cases
    : undefined;
}

/** Paths that the case names. */
export function pathsOf(listed: JsonObject): readonly string[] {
  return isObject(listed["files"]) ? Object.values(listed["files"]).map(String) : [];
}

export function readCase(
  listed: JsonObject,
  read: (path: string) => Uint8Array,
  tell: ManifestCase["tell"] = () => {},
): ManifestCase {
  const { id, kind, files, verifyAt, expect } = listed;
  assert(typeof id === "string" && typeof kind === "string" && isObject(expect), "a whole case");
  assert(isObject(files), "files of the case");
  const at = typeof verifyAt === "string" ? Date.parse(verifyAt) : undefined;
  assert(at === undefined || !Number.isNaN(at), "a time");
  return {
    id,
    kind,
    files: new Map(Object.entries(files).map(([role, path]) => [role, read(String(path))])),
    verifyAt: at === undefined ? undefined : BigInt(at),
    expect: new Map(Object.entries(expect)),
    tell,
  };
}

export function fileOf({ files }: ManifestCase, role: string): Uint8Array {
  const bytes = files.get(role);
  assert(bytes !== undefined, `the case has a file "${role}"`);
  return bytes;
}

export function timeOf({ verifyAt }: ManifestCase): bigint {
  assert(verifyAt !== undefined, "the case has a time");
  return verifyAt;
}

/** Compares what is expected by name with the facts; a name that no fact has fails the case. */
export function compareFacts(
  expect: Expectation,
  facts: Readonly<Record<string, unknown>>,
  elsewhere: ReadonlySet<string>,
): void {
  for (const [name, wanted] of expect) {
    if (elsewhere.has(name)) continue;
    assert(name in facts, `nothing here knows "${name}"`);
    const fact = facts[name];
    assert.deepEqual(fact instanceof Uint8Array ? hexOf(fact) : fact, wanted, name);
  }
}

export const hexOf = (bytes: Uint8Array): string => toHex(bytes).slice(2);
