/** A made-up access log from a seed, for a demo without a file. Labelled synthetic wherever it is shown. */
import { blake2b256 } from "@pha/crypto";
import { concatBytes, encode, u32, utf8 } from "@pha/scale";

const PATHS = [
  "/",
  "/about",
  "/blog",
  "/blog/first-post",
  "/contact",
  "/docs",
  "/docs/start",
  "/style.css",
];
const REFERERS = [
  "-",
  "-",
  "https://search.example/?q=pha",
  "https://news.example/item/7",
  "https://pha.example/",
];
const AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
  "curl/8.5.0",
];
const STATUS = ["200", "200", "200", "200", "200", "304", "404", "301"];

export function syntheticLog(lines: number, seed: string): readonly string[] {
  return Array.from({ length: lines }, (_, index) => {
    const random = blake2b256(concatBytes(utf8(seed), encode(u32, index)));
    const pick = (at: number, from: readonly string[]): string =>
      from[(random[at] ?? 0) % from.length] ?? "";
    const visitor = (random[0] ?? 0) % 60;
    const ip = visitor % 7 === 0 ? `2001:db8::${visitor.toString(16)}` : `192.0.2.${visitor + 1}`;
    const day = String(10 + Math.floor((index * 3) / lines)).padStart(2, "0");
    const hour = String((random[1] ?? 0) % 24).padStart(2, "0");
    const agent = AGENTS[visitor % AGENTS.length];
    const size = ((random[2] ?? 0) << 8) | (random[3] ?? 0);
    const request = `GET ${pick(4, PATHS)}${(random[5] ?? 0) % 4 === 0 ? "?page=2" : ""} HTTP/1.1`;
    return `${ip} - - [${day}/Nov/2026:${hour}:00:00 +0000] "${request}" ${pick(6, STATUS)} ${size} "${pick(7, REFERERS)}" "${agent}"`;
  });
}
