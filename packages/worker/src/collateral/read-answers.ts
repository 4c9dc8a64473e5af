/**
 * What vendors' services answer, taken apart into items that a chain keeps.
 *
 * **Trust**: answers are hostile. Only what tells the slot and whether an item is newer is read here, and nothing is
 * verified: the chain does that, under its pinned roots.
 *
 * @see Intel PCS API v4; AMD 57230 (VCEK), 58369 (VLEK); Google "Key attestation: certificate revocation status list"
 */
import {
  type CollateralItem,
  type CollateralSlot,
  MAX_CERTIFICATE_BYTES,
  MAX_ITEM_BYTES,
  type StoredCollateral,
} from "@pha/protocol";
import { fail, ok, parseHex, type Result, utf8, utf8ToText } from "@pha/scale";
import { derTimes } from "./der-times.ts";
import type { SourceAnswer, SourceFailure } from "./fetch-bounded.ts";

export type Tee = "sgx" | "tdx";
export type SnpLine = "Milan" | "Genoa" | "Turin";
export type PckCa = "Platform" | "Processor";

/** An item, where it belongs, and when it was issued. */
export interface FoundItem extends StoredCollateral {
  readonly slot: CollateralSlot;
}

export type Read<T> = Result<T, SourceFailure>;

const malformed = (reason: string) =>
  fail({ code: "keeper/malformed-answer", reason } as const satisfies SourceFailure);

/** DER, or its hex as caching services give it. */
export function readRootCrl({ body }: SourceAnswer): Read<FoundItem> {
  const crl = derOf(body);
  return listItem(
    { type: "IntelRootCrl", value: undefined },
    { type: "IntelRootCrl", value: crl },
    crl,
  );
}

export function readPckCrl(ca: PckCa, answer: SourceAnswer): Read<FoundItem> {
  const issuer = firstOfChain(answer, ["sgx-pck-crl-issuer-chain"]);
  if (!issuer.ok) return issuer;
  const crl = derOf(answer.body);
  const item: CollateralItem = { type: "IntelPckCrl", value: { issuer: issuer.value, crl } };
  return listItem({ type: "IntelPckCrl", value: ca }, item, crl);
}

export function readTcbInfo(tee: Tee, fmspc: Uint8Array, answer: SourceAnswer): Read<FoundItem> {
  const signer = firstOfChain(answer, ["tcb-info-issuer-chain", "sgx-tcb-info-issuer-chain"]);
  if (!signer.ok) return signer;
  return signedText(
    { type: "IntelTcbInfo", value: { tee, fmspc } },
    "tcbInfo",
    answer,
    signer.value,
  );
}

export function readQeIdentity(tee: Tee, answer: SourceAnswer): Read<FoundItem> {
  const signer = firstOfChain(answer, ["sgx-enclave-identity-issuer-chain"]);
  if (!signer.ok) return signer;
  return signedText(
    { type: "IntelQeIdentity", value: tee },
    "enclaveIdentity",
    answer,
    signer.value,
  );
}

export function readAmdCrl(line: SnpLine, { body }: SourceAnswer): Read<FoundItem> {
  const crl = derOf(body);
  const item: CollateralItem = { type: "AmdCrl", value: { line, crl } };
  return listItem({ type: "AmdCrl", value: line }, item, crl);
}

/** The authority that issues keys of chips (or of providers); the root behind it is pinned in chains. */
export function readAmdIssuer(
  line: SnpLine,
  key: "VCEK" | "VLEK",
  { body }: SourceAnswer,
): Read<FoundItem> {
  const certificate = firstOfPem(utf8ToText(body) ?? "");
  if (certificate === undefined) return malformed("no certificate in a chain");
  const times = derTimes(certificate);
  if (times === undefined) return malformed("a certificate has no validity");
  return bounded({
    slot: { type: "AmdIssuer", value: { line, key } },
    item: { type: "AmdIssuer", value: { line, certificate } },
    issuedAtMs: times.from,
    validUntilMs: times.until,
    number: 0,
  });
}

export interface ListedPhone {
  /** Magnitude, as certificates hold it. */
  readonly serial: Uint8Array;
  readonly status: "REVOKED" | "SUSPENDED";
}

const MAX_LISTED = 65_536;

/** Google's list, which nobody signs. */
export function readStatusList({ body }: SourceAnswer): Read<readonly ListedPhone[]> {
  const entries = fieldsOf(fieldsOf(jsonOf(utf8ToText(body) ?? ""))?.["entries"]);
  if (entries === undefined) return malformed("no entries in a status list");
  const listed: ListedPhone[] = [];
  for (const [text, entry] of Object.entries(entries)) {
    const status = fieldsOf(entry)?.["status"];
    if (status !== "REVOKED" && status !== "SUSPENDED") return malformed("an unknown status");
    const digits = text.replace(/^0+(?=.)/, "");
    const serial = parseHex(`0x${digits.length % 2 === 1 ? "0" : ""}${digits}`, 20);
    if (!serial.ok) return malformed("a serial number is not hex");
    listed.push({ serial: serial.value, status });
    if (listed.length > MAX_LISTED) return malformed("too many entries in a status list");
  }
  return ok(listed);
}

function listItem(slot: CollateralSlot, item: CollateralItem, crl: Uint8Array): Read<FoundItem> {
  const times = derTimes(crl);
  if (times === undefined) return malformed("a revocation list has no times");
  return bounded({ slot, item, issuedAtMs: times.from, validUntilMs: times.until, number: 0 });
}

/** Whether a chain keeps items so long: what does not fit cannot even be encoded. */
function bounded(found: FoundItem): Read<FoundItem> {
  const { item } = found;
  const tooLong = (bytes: Uint8Array, most: number): boolean => bytes.length > most;
  const isTooLong = ((): boolean => {
    switch (item.type) {
      case "IntelRootCrl":
        return tooLong(item.value, MAX_ITEM_BYTES);
      case "IntelPckCrl":
        return (
          tooLong(item.value.issuer, MAX_CERTIFICATE_BYTES) ||
          tooLong(item.value.crl, MAX_ITEM_BYTES)
        );
      case "IntelTcbInfo":
      case "IntelQeIdentity":
        return (
          tooLong(item.value.signer, MAX_CERTIFICATE_BYTES) ||
          tooLong(item.value.text, MAX_ITEM_BYTES)
        );
      case "AmdCrl":
        return tooLong(item.value.crl, MAX_ITEM_BYTES);
      case "AmdIssuer":
        return tooLong(item.value.certificate, MAX_CERTIFICATE_BYTES);
      default:
        return false;
    }
  })();
  return isTooLong ? malformed("longer than what a chain keeps") : ok(found);
}

/** `{"<name>":<text>,"signature":"<hex>"}`: the text is what Intel signed, byte for byte. */
function signedText(
  slot: CollateralSlot & { readonly type: "IntelTcbInfo" | "IntelQeIdentity" },
  name: string,
  { body }: SourceAnswer,
  signer: Uint8Array,
): Read<FoundItem> {
  const whole = (utf8ToText(body) ?? "").trim();
  const start = `{"${name}":`;
  const tail = /,"signature":"([0-9a-fA-F]{128})"\}$/.exec(whole.slice(-160));
  const signature = tail === null ? undefined : parseHex(`0x${tail[1]}`, 64);
  if (!whole.startsWith(start) || tail === null || !signature?.ok)
    return malformed(`not of the form {"${name}":…,"signature":…}`);
  const text = whole.slice(start.length, whole.length - tail[0].length);
  const fields = fieldsOf(jsonOf(text));
  const issuedAtMs = instantOf(fields?.["issueDate"]);
  const validUntilMs = instantOf(fields?.["nextUpdate"]);
  const number = fields?.["tcbEvaluationDataNumber"];
  if (issuedAtMs === undefined || validUntilMs === undefined || !isNumber32(number))
    return malformed(`${name} has no times or no number`);
  const item = {
    type: slot.type,
    value: { signer, text: utf8(text), signature: signature.value },
  } as const;
  return bounded({ slot, item, issuedAtMs, validUntilMs, number });
}

function isNumber32(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function instantOf(value: unknown): bigint | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value))
    return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : BigInt(at);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever asks for a field of it finds none.
    return undefined;
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? { ...value }
    : undefined;
}

/** Chains come in a header, as PEM in percent-encoding, the signer first. */
function firstOfChain(answer: SourceAnswer, names: readonly string[]): Read<Uint8Array> {
  const header = names.flatMap((name) => answer.header(name) ?? [])[0];
  if (header === undefined) return malformed(`no header ${names[0]}`);
  let pem: string;
  try {
    pem = decodeURIComponent(header);
  } catch {
    return malformed(`header ${names[0]} is not percent-encoded`);
  }
  const first = firstOfPem(pem);
  return first === undefined ? malformed(`no certificate in header ${names[0]}`) : ok(first);
}

const PEM_START = "-----BEGIN CERTIFICATE-----";
const PEM_END = "-----END CERTIFICATE-----";

function firstOfPem(text: string): Uint8Array | undefined {
  const start = text.indexOf(PEM_START);
  const end = text.indexOf(PEM_END, start);
  if (start === -1 || end === -1) return undefined;
  const base64 = text.slice(start + PEM_START.length, end).replace(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  return new Uint8Array(Buffer.from(base64, "base64"));
}

/** What starts with a sequence is DER already. */
function derOf(body: Uint8Array): Uint8Array {
  if (body[0] === 0x30) return body;
  const text = (utf8ToText(body) ?? "").trim().replace(/^"|"$/g, "");
  const hex = parseHex(`0x${text}`, body.length);
  return hex.ok ? hex.value : body;
}
