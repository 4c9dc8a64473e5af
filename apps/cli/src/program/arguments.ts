/** Arguments of a contract's entry, as typed on a command line. */
import { readFile } from "node:fs/promises";
import { type AbiEntry, parseAbiValue } from "@pha/contract";
import { PhaError } from "@pha/scale";

/** One JSON object; `@file` reads a file, `-` standard input, nothing an empty object. */
export async function argumentsOf(entry: AbiEntry, text: string | undefined): Promise<unknown> {
  const source =
    text === "-"
      ? await readAll(process.stdin)
      : text?.startsWith("@")
        ? await readText(text.slice(1))
        : (text ?? "{}");
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch (cause) {
    throw new PhaError("usage/not-json", "the arguments are no JSON", {
      cause,
      hint: `Give one object, for example '${example(entry)}'.`,
    });
  }
  const parsed = parseAbiValue(entry.args, json, "args");
  if (parsed.ok) return parsed.value;
  throw new PhaError(parsed.error.code, `${parsed.error.path} must be ${parsed.error.expected}`, {
    facts: { path: parsed.error.path },
    hint: `Give one object, for example '${example(entry)}'.`,
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new PhaError("usage/no-file", `the arguments' file ${file} cannot be read`, {
      cause,
      hint: "Give @FILE with a file that holds one JSON object, or - for standard input.",
    });
  }
}

function example({ args }: AbiEntry): string {
  if (typeof args !== "object" || !("struct" in args)) return "{}";
  const fields = args.struct.map(
    ([name, type]) => `"${name}": ${typeof type === "string" && type.startsWith("u") ? 1 : "…"}`,
  );
  return `{${fields.join(", ")}}`;
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
