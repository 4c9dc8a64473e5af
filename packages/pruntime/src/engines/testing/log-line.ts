/** Just enough of the combined log format for tests of the analytics contract; the command line has the whole. */
import { assert } from "@pha/scale";

const LINE =
  /^(\S+) \S+ \S+ \[([^:\]]+):(\d\d):[^\]]*\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$/;

export function viewOf(line: string) {
  const match = LINE.exec(line);
  assert(match, "a line of the log is in the combined format");
  const [, ip = "", day = "", hour = "", request = "", status, bytes, referrer = "", agent = ""] =
    match;
  return {
    ip,
    day,
    hour: Number(hour),
    path: request.split(" ")[1]?.split("?")[0] ?? "",
    status: Number(status),
    bytes: bytes === "-" || bytes === undefined ? 0n : BigInt(bytes),
    referrerHost: /^https?:\/\/([^/?#:]+)/.exec(referrer)?.[1] ?? "",
    userAgent: agent,
    visitor: undefined,
  };
}
