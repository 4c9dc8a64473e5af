/**
 * Times of a certificate or a revocation list, found by their place, with no look at anything else.
 *
 * They only say whether it is worth while to bring the piece to a chain, which reads it strictly: a lie costs the host a fee.
 *
 * @see RFC 5280 §4.1, §5.1
 */

export interface DerTimes {
  /** Unix milliseconds. */
  readonly from: bigint;
  readonly until: bigint;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const VERSION_OF_CERTIFICATE = 0xa0;

/** `undefined` where the bytes are neither. */
export function derTimes(der: Uint8Array): DerTimes | undefined {
  const whole = elements(der, 1)?.[0];
  const body = whole?.tag === SEQUENCE ? elements(whole.content, 1)?.[0] : undefined;
  if (body?.tag !== SEQUENCE) return undefined;
  const fields = elements(body.content, 5);
  const isCertificate = fields?.[0]?.tag === VERSION_OF_CERTIFICATE;
  if (isCertificate) {
    const validity = fields?.[4];
    return validity?.tag === SEQUENCE ? timesOf(elements(validity.content, 2)) : undefined;
  }
  return fields?.[0]?.tag === INTEGER ? timesOf(fields.slice(3, 5)) : undefined;
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The first so many elements; `undefined` when there are fewer. */
function elements(bytes: Uint8Array, count: number): readonly Element[] | undefined {
  const found: Element[] = [];
  let at = 0;
  while (found.length < count) {
    const tag = bytes[at];
    const first = bytes[at + 1];
    if (tag === undefined || first === undefined) return undefined;
    const more = first < 0x80 ? 0 : first & 0x7f;
    if (more > 3 || at + 2 + more > bytes.length) return undefined;
    let length = more === 0 ? first : 0;
    for (let i = 0; i < more; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const start = at + 2 + more;
    if (start + length > bytes.length) return undefined;
    found.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

function timesOf(pair: readonly Element[] | undefined): DerTimes | undefined {
  const [from, until] = (pair ?? []).map(timeOf);
  return from === undefined || until === undefined ? undefined : { from, until };
}

function timeOf({ tag, content }: Element): bigint | undefined {
  const text = String.fromCharCode(...content.subarray(0, 16));
  const isUtc = tag === UTC_TIME;
  if (!isUtc && tag !== GENERALIZED_TIME) return undefined;
  const match = (isUtc ? /^(\d\d)(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text);
  if (match === null) return undefined;
  const [, year = "", rest = ""] = match;
  const full = isUtc ? `${Number(year) < 50 ? "20" : "19"}${year}` : year;
  const [month, day, hour, minute, second] = rest.match(/../g) ?? [];
  const at = Date.parse(`${full}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : BigInt(at);
}
