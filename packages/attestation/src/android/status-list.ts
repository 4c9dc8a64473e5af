/**
 * Google's list of attestation certificates that are no longer good, as JSON: serial number → status.
 *
 * Serial numbers are lower-case hex without leading zeros. Whoever is listed is refused, revoked or suspended.
 *
 * **Bounds**: `MAX_STATUS_LIST_BYTES`. **Trust**: the list is not signed; it comes from the verifier's own chain.
 *
 * @see Android attestation "Certificate revocation status list"
 */
import { fail, ok, type Result, toHex, utf8ToText } from "@pha/scale";

export const MAX_STATUS_LIST_BYTES = 4 << 20;

export type AndroidStatus = "REVOKED" | "SUSPENDED";
export type AndroidStatusList = ReadonlyMap<string, AndroidStatus>;

export interface StatusListError {
  readonly code: "android/malformed-status-list";
}

export function parseStatusList(bytes: Uint8Array): Result<AndroidStatusList, StatusListError> {
  const malformed = () => fail({ code: "android/malformed-status-list" } as const);
  if (bytes.length > MAX_STATUS_LIST_BYTES) return malformed();
  const entries = propertyOf(parseJson(bytes), "entries");
  if (typeof entries !== "object" || entries === null || Array.isArray(entries)) return malformed();
  const list = new Map<string, AndroidStatus>();
  for (const [serial, entry] of Object.entries(entries)) {
    const status = propertyOf(entry, "status");
    if (!/^[0-9a-f]+$/.test(serial)) return malformed();
    if (status !== "REVOKED" && status !== "SUSPENDED") return malformed();
    list.set(serial.replace(/^0+(?=.)/, ""), status);
  }
  return ok(list);
}

/** Status of a certificate; `undefined` of one that is not listed. @param serial magnitude, big-endian */
export function statusOf(
  list: Pick<AndroidStatusList, "get">,
  serial: Uint8Array,
): AndroidStatus | undefined {
  return list.get(listedSerial(serial));
}

/** A serial number as the list spells it. @param serial magnitude, big-endian */
export function listedSerial(serial: Uint8Array): string {
  return toHex(serial)
    .slice(2)
    .replace(/^0+(?=.)/, "");
}

function parseJson(bytes: Uint8Array): unknown {
  const text = utf8ToText(bytes);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // no JSON
    return undefined;
  }
}

function propertyOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
