/** Some valid encoding of a shape, for tests over all of a runtime's calls and events. */
import { FIXED_BYTES, type Shape, Writer } from "@pha/scale";

/** Small numbers, one item per sequence, the first variant; recursion ends with the first call of the runtime. */
export function sampleBytes(shape: Shape): Uint8Array {
  const writer = new Writer();
  write(writer, shape, 0);
  return writer.finish();
}

function write(writer: Writer, shape: Shape, depth: number): void {
  switch (shape.kind) {
    case "lazy":
      write(writer, shape.resolve(), depth);
      return;
    case "primitive":
      if (shape.primitive === "str") writeText(writer);
      else {
        const size = FIXED_BYTES[shape.primitive] ?? 1;
        for (let i = 0; i < size; i++) writer.u8(i === 0 ? 1 : 0);
      }
      return;
    case "compact":
      // Of a number, or of a type that wraps one.
      writer.compact(9);
      return;
    case "array":
      for (let i = 0; i < shape.length; i++) write(writer, shape.inner, depth + 1);
      return;
    case "sequence":
      writer.compact(depth > 12 ? 0 : 1);
      if (depth <= 12) write(writer, shape.inner, depth + 1);
      return;
    case "tuple":
      for (const inner of shape.inner) write(writer, inner, depth + 1);
      return;
    case "composite":
      for (const field of shape.fields) write(writer, field.shape, depth + 1);
      return;
    case "variant": {
      const [first] = shape.variants;
      if (first === undefined) return;
      writer.u8(first.index);
      for (const field of first.fields) write(writer, field.shape, depth + 1);
    }
  }
}

function writeText(writer: Writer): void {
  writer.compact(2);
  writer.u8(0x68);
  writer.u8(0x69);
}
