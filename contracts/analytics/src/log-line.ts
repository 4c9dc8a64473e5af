/**
 * Lines of Apache's and nginx's combined log format: `ip ident user [time] "request" status bytes "referer" "agent"`.
 *
 * Real logs hold odd things: requests that are no HTTP, quotes escaped with a backslash, missing referer or agent (the
 * common format), IPv6. What cannot be read is reported as such, never guessed.
 */
import { utf8, utf8ToText } from "@pha/scale";
import { type LoggedVisit, MAX_VISIT_BYTES } from "./visit.ts";

export interface LogEntry {
  readonly ip: string;
  /** `17/May/2015`. */
  readonly day: string;
  /** 0 to 23, as logged. */
  readonly hour: number;
  /** Path without query; the whole request line when it is no HTTP request. */
  readonly path: string;
  readonly status: number;
  readonly bytes: number;
  /** Host of the referer, empty when there is none. */
  readonly refererHost: string;
  readonly userAgent: string;
}

const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;
const LINE = new RegExp(
  String.raw`^(\S+) \S+ (?:\S+|"[^"]*") \[(\d{2}/[A-Za-z]{3}/\d{4}):(\d{2}):\d{2}:\d{2} [+-]\d{4}\] ` +
    `${QUOTED} ` +
    String.raw`(\d{3}) (\d+|-)` +
    `(?: ${QUOTED} ${QUOTED})?(?: .*)?$`,
);
/** Longest line that is read, in characters. */
const MAX_LINE = 64 << 10;
/** Longest texts that are sent, in bytes of UTF-8 as the contract bounds them; longer ones are cut. */
const MAX_IP_BYTES = 256;
const MAX_HOST_BYTES = 512;
const MAX_TEXT_BYTES = 4096;

export function parseLogLine(line: string): LogEntry | undefined {
  if (line.length > MAX_LINE) return undefined;
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [
    ,
    ip = "",
    day = "",
    hour = "",
    request = "",
    status = "",
    bytes = "",
    referer = "",
    agent = "",
  ] = match;
  const size = bytes === "-" ? 0 : Number(bytes);
  if (Number(hour) > 23 || !Number.isSafeInteger(size)) return undefined;
  return {
    ip: cut(ip, MAX_IP_BYTES),
    day,
    hour: Number(hour),
    path: cut(pathOf(request), MAX_TEXT_BYTES),
    status: Number(status),
    bytes: size,
    refererHost: cut(hostOf(referer), MAX_HOST_BYTES),
    userAgent: cut(agent === "" ? "-" : agent, MAX_TEXT_BYTES),
  };
}

function pathOf(request: string): string {
  const [, target = request] = request.split(" ");
  const query = target.indexOf("?");
  return query < 0 ? target : target.slice(0, query);
}

function hostOf(referer: string): string {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)/i.exec(referer);
  return match?.[1]?.toLowerCase() ?? "";
}

/** As many whole characters as fit. */
function cut(text: string, mostBytes: number): string {
  if (text.length * 3 <= mostBytes) return text;
  const bytes = utf8(text);
  if (bytes.length <= mostBytes) return text;
  let end = mostBytes;
  // Bytes 10xxxxxx continue a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return utf8ToText(bytes.subarray(0, end)) ?? "";
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const FIRST_ERROR = 400;

/** The entry as a visit of a site; nothing for what is none: errors, days of no calendar. */
export function visitOf(entry: LogEntry): LoggedVisit | undefined {
  const [day = "", month = "", year = ""] = entry.day.split("/");
  const number = MONTHS.indexOf(month) + 1;
  if (entry.status >= FIRST_ERROR || number === 0) return undefined;
  return {
    address: cut(entry.ip, MAX_VISIT_BYTES.address),
    day: `${year}-${String(number).padStart(2, "0")}-${day}`,
    hour: entry.hour,
    visit: {
      event: "",
      path: cut(entry.path, MAX_VISIT_BYTES.path),
      referrerHost: cut(entry.refererHost, MAX_VISIT_BYTES.referrerHost),
      userAgent: cut(entry.userAgent, MAX_VISIT_BYTES.userAgent),
      account: undefined,
    },
  };
}
