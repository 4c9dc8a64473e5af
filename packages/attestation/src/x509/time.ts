/** Times in certificates and signed texts, as Unix milliseconds. Cores have no `Date`. */

const MS_PER_DAY = 86_400_000n;
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** `undefined` for an instant that no calendar has; years 1 to 9999, no leap seconds. */
function instantOf({ year, month, day, hour, minute, second }: Civil): bigint | undefined {
  const most = (DAYS_OF_MONTH[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);
  if (year < 1 || day < 1 || day > most || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const inYear =
    (DAYS_BEFORE_MONTH[month - 1] ?? 0) + (month > 2 && isLeap(year) ? 1 : 0) + day - 1;
  // 719162 days lie between the first of January of year 1 and of 1970.
  const days = BigInt(365 * before + leaps + inYear - 719_162);
  return days * MS_PER_DAY + BigInt(((hour * 60 + minute) * 60 + second) * 1000);
}

function civilOf(digits: readonly string[]): Civil {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = digits.map(Number);
  return { year, month, day, hour, minute, second };
}

/** `YYMMDDHHMMSSZ`; years from 1950 to 2049. */
export function parseUtcTime(text: string): bigint | undefined {
  const parts = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const civil = civilOf(parts.slice(1));
  return instantOf({ ...civil, year: civil.year + (civil.year < 50 ? 2000 : 1900) });
}

/** `YYYYMMDDHHMMSSZ`. */
export function parseGeneralizedTime(text: string): bigint | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  return parts === null ? undefined : instantOf(civilOf(parts.slice(1)));
}

/** `YYYY-MM-DDTHH:MM:SSZ`. */
export function parseIsoTime(text: string): bigint | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(text);
  return parts === null ? undefined : instantOf(civilOf(parts.slice(1)));
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff` without a zone, meaning UTC, cut to whole milliseconds. */
export function parseZonelessTime(text: string): bigint | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (parts === null) return undefined;
  const whole = instantOf(civilOf(parts.slice(1, 7)));
  return whole === undefined
    ? undefined
    : whole + BigInt((parts[7] ?? "").padEnd(3, "0").slice(0, 3));
}

/** `YYYYMMDDHHMMSSZ` of an instant from 1970 on, cut to whole seconds. */
export function generalizedTimeText(at: bigint): string {
  const seconds = Number(at / 1000n);
  let days = Math.floor(seconds / 86_400);
  let year = 1970;
  for (;;) {
    const length = isLeap(year) ? 366 : 365;
    if (days < length) break;
    days -= length;
    year += 1;
  }
  let month = 1;
  for (;;) {
    const length = (DAYS_OF_MONTH[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0);
    if (days < length) break;
    days -= length;
    month += 1;
  }
  const inDay = seconds % 86_400;
  const parts = [
    month,
    days + 1,
    Math.floor(inDay / 3600),
    Math.floor(inDay / 60) % 60,
    inDay % 60,
  ];
  return `${year}${parts.map((part) => String(part).padStart(2, "0")).join("")}Z`;
}
