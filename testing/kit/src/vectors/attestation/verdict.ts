/** What the checks of all vendors share: refusals, reasons to reject, certificates as text. */

import { utf8ToText } from "@pha/scale";
import { assert, fromBase64 } from "../check.ts";
import type { ManifestCase } from "./manifest.ts";
import { assertReason } from "./reason-codes.ts";

/** Compared apart from the facts. */
export const ELSEWHERE = ["cryptographicallyValid", "reasonCode", "productionRejectReasons"];

type Verdict<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: { readonly code: string } };

/** Facts of a case that must verify; `undefined` of one that was refused as it must be. */
export function factsOrRefusal<T>(
  { expect, tell }: ManifestCase,
  verdict: Verdict<T>,
): T | undefined {
  tell(verdict);
  if (expect.get("cryptographicallyValid") !== true) {
    assert(!verdict.ok, "refused");
    assertReason(expect.get("reasonCode"), verdict.error.code);
    return undefined;
  }
  assert(verdict.ok, verdict.ok ? "" : verdict.error.code);
  return verdict.value;
}

/** There are reasons to reject exactly where there are objections; those that are named are among them. */
export function checkObjections(
  { expect }: ManifestCase,
  objections: readonly string[],
  names: Readonly<Record<string, string>>,
): void {
  const reasons = expect.get("productionRejectReasons") ?? [];
  assert(Array.isArray(reasons), "reasons to reject");
  assert.equal(objections.length > 0, reasons.length > 0, `objections: ${objections.join(", ")}`);
  for (const reason of reasons) {
    const named = names[String(reason)];
    if (named !== undefined) assert(objections.includes(named), String(reason));
  }
}

export function textOf(bytes: Uint8Array): string {
  const text = utf8ToText(bytes);
  assert(text !== undefined, "UTF-8");
  return text;
}

/** DER of every certificate of a text; bytes that are no text are one certificate. */
export function certificatesIn(bytes: Uint8Array): readonly Uint8Array[] {
  const text = utf8ToText(bytes);
  if (text === undefined || !text.includes("-----BEGIN")) return [bytes];
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/g);
  return [...blocks].map(([, body = ""]) => fromBase64(body));
}

/** Issuer and root of a signing key, as the case gives them. */
export function issuersIn(bytes: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const [issuer, root, ...more] = certificatesIn(bytes);
  assert(issuer !== undefined && root !== undefined && more.length === 0, "issuer and root");
  return [issuer, root];
}
