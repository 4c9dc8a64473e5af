/** Values as people read them. */

/** First and last characters of something long: `0x12ab…90ef`. */
export function shortened(text: string, head = 8, tail = 6): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** With thin spaces between groups of three. */
export function grouped(value: number | bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

export function byteCount(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1 << 20) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

/** `5 s`, `3 min`, `7 h 58 min`, `2 d 4 h`: the two largest units. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  if (minutes > 0) return `${minutes} min`;
  return `${seconds} s`;
}

/** Millions with one digit: fuel has no other unit. */
export function fuelText(fuel: bigint): string {
  return fuel < 1_000_000n ? grouped(fuel) : `${(Number(fuel) / 1e6).toFixed(1)} M`;
}

const PLANCKS = 1_000_000_000_000n;

/** PHA with up to four digits behind the point, cut, not rounded. */
export function phaText(plancks: bigint): string {
  const fraction = ((plancks % PLANCKS) / (PLANCKS / 10_000n)).toString().padStart(4, "0");
  const cut = fraction.replace(/0+$/, "");
  return `${grouped(plancks / PLANCKS)}${cut === "" ? "" : `.${cut}`}`;
}

/** Time of day by this browser's clock and locale. */
export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, { hour12: false });
}
