/** Encodings made from a codec's shape: valid but for conditions that a shape does not tell. */
import { type Shape, Writer } from "@pha/scale";

/** Deterministic numbers from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const MAX_ITEMS = 3;
const MAX_DEPTH = 12;

export function validBytes(shape: Shape, random: () => number): Uint8Array {
  const writer = new Writer();
  write(writer, shape, random, 0);
  return writer.finish();
}

function write(writer: Writer, shape: Shape, random: () => number, depth: number): void {
  const below = (limit: number): number => Math.floor(random() * limit);
  switch (shape.kind) {
    case "primitive":
      writePrimitive(writer, shape.primitive, below);
      return;
    case "compact":
      writer.compact(below(random() < 0.5 ? 64 : 70_000) & mask(shape.inner));
      return;
    case "array":
      for (let i = 0; i < shape.length; i++) write(writer, shape.inner, random, depth + 1);
      return;
    case "sequence": {
      const count = depth > MAX_DEPTH ? 0 : below(MAX_ITEMS + 1);
      writer.compact(count);
      for (let i = 0; i < count; i++) write(writer, shape.inner, random, depth + 1);
      return;
    }
    case "tuple":
      for (const inner of shape.inner) write(writer, inner, random, depth + 1);
      return;
    case "composite":
      for (const { shape: inner } of shape.fields) write(writer, inner, random, depth + 1);
      return;
    case "variant": {
      const choice =
        depth > MAX_DEPTH ? shape.variants[0] : shape.variants[below(shape.variants.length)];
      if (choice === undefined) return;
      writer.u8(choice.index);
      for (const { shape: inner } of choice.fields) write(writer, inner, random, depth + 1);
      return;
    }
    case "lazy":
      write(writer, shape.resolve(), random, depth + 1);
      return;
  }
}

/** A compact of a byte holds no more than one. */
function mask(inner: Shape): number {
  return inner.kind === "primitive" && inner.primitive === "u8" ? 0xff : 0xffff_ffff;
}

function writePrimitive(writer: Writer, primitive: string, below: (limit: number) => number): void {
  if (primitive === "bool") {
    writer.u8(below(2));
    return;
  }
  if (primitive === "str") {
    const length = below(6);
    writer.compact(length);
    for (let i = 0; i < length; i++) writer.u8(97 + below(26));
    return;
  }
  if (primitive === "u8" && below(2) === 0) {
    // Versions, tags and flags are bytes with few values.
    writer.u8(below(3));
    return;
  }
  const bytes = primitive === "char" ? 4 : Number(primitive.slice(1)) / 8;
  for (let i = 0; i < bytes; i++) writer.u8(below(256));
}
