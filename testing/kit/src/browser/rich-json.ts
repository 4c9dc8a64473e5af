/** JSON with bytes, big numbers and maps, for what a scenario gives to a page. */
import { fromHex, toHex } from "@pha/scale";

export function richJson(value: unknown): string {
  // What a `Buffer` says of itself comes before the replacer: the value is taken from its holder.
  return JSON.stringify(value, function (this: Record<string, unknown>, key) {
    const part = this[key];
    if (part instanceof Uint8Array) return { bytes: toHex(part) };
    if (part instanceof Map) return { map: [...part] };
    return typeof part === "bigint" ? { big: String(part) } : part;
  });
}

export function fromRichJson(text: string): unknown {
  return JSON.parse(text, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Object.keys(part).length !== 1) return part;
    if ("bytes" in part && typeof part.bytes === "string") return fromHex(part.bytes);
    if ("map" in part && Array.isArray(part.map)) return new Map(part.map);
    return "big" in part && typeof part.big === "string" ? BigInt(part.big) : part;
  });
}
