/** Reference page of a runtime's pallets in Markdown, from the declarations alone. */
import type { Shape } from "@pha/scale";
import { encode, toHex } from "@pha/scale";
import { snakeCase } from "./metadata/registry.ts";
import type { RuntimeFacts } from "./pallet/declare.ts";
import type { PalletEntry, RuntimeTables } from "./runtime/tables.ts";

export function renderPalletDocs({ tables }: { readonly tables: RuntimeTables }): string {
  const pages = [...tables.pallets]
    .sort((a, b) => a.index - b.index)
    .map((entry) => palletPage(entry, tables));
  const { specName, specVersion } = tables.version;
  return `# Pallets of ${specName} ${specVersion}\n\n${pages.join("\n")}`;
}

function palletPage(entry: PalletEntry, facts: RuntimeFacts): string {
  const { pallet, index } = entry;
  return [
    `## ${pallet.name} (${index})\n\n${pallet.docs}\n`,
    table("Calls", ["index", "call", "origin", "what it does"], callRows(entry)),
    table("Storage", ["item", "keys", "value", "what it is"], storageRows(entry)),
    table("Events", ["index", "event", "when"], eventRows(entry)),
    table("Errors", ["index", "error", "why"], errorRows(entry)),
    table("Constants", ["constant", "type", "value", "what it is"], constantRows(entry, facts)),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function table(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = line(head.map(() => "---"));
  return `### ${title}\n\n${[line(head), rule, ...rows.map(line)].join("\n")}\n`;
}

function callRows({ callsByName }: PalletEntry): string[][] {
  return [...callsByName.values()].map(({ name, declaration }) => [
    `${declaration.index}`,
    `\`${name}(${fieldsText(declaration.args.shape)})\``,
    declaration.origin.name,
    cell(declaration.docs),
  ]);
}

function storageRows({ pallet }: PalletEntry): string[][] {
  return Object.entries(pallet.storage).map(([name, { keys, value, docs }]) => [
    `\`${name}\``,
    keys.map(({ hasher, codec }) => `${hasher.name}(\`${typeText(codec.shape)}\`)`).join(", "),
    `\`${typeText(value.shape)}\``,
    cell(docs),
  ]);
}

function eventRows({ pallet }: PalletEntry): string[][] {
  return Object.entries(pallet.events).map(([name, { index, codec, docs }]) => [
    `${index}`,
    `\`${name}(${fieldsText(codec.shape)})\``,
    cell(docs),
  ]);
}

function errorRows({ pallet }: PalletEntry): string[][] {
  return Object.entries(pallet.errors).map(([name, { index, docs }]) => [
    `${index}`,
    `\`${name}\``,
    cell(docs),
  ]);
}

function constantRows({ pallet, config }: PalletEntry, facts: RuntimeFacts): string[][] {
  return Object.entries(pallet.constants).map(([name, { codec, value, docs }]) => {
    // Constants of a pallet take the configuration of that pallet.
    const read = value as (config: unknown, facts: RuntimeFacts) => unknown;
    const found = read(config, facts);
    const text =
      typeof found === "object" ? toHex(encode(codec, found)).slice(0, 34) : String(found);
    return [`\`${name}\``, `\`${typeText(codec.shape)}\``, `\`${text}\``, cell(docs)];
  });
}

function fieldsText(shape: Shape): string {
  if (shape.kind !== "composite") return "";
  return shape.fields
    .map(({ name, shape: inner }) => `${snakeCase(name ?? "")}: ${typeText(inner)}`)
    .join(", ");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** Short name of a type, as Rust programmers write it. */
function typeText(shape: Shape): string {
  const named = shape.path?.at(-1);
  switch (shape.kind) {
    case "lazy":
      return typeText(shape.resolve());
    case "primitive":
      return shape.primitive;
    case "compact":
      return `Compact<${typeText(shape.inner)}>`;
    case "array":
      return named ?? `[${typeText(shape.inner)}; ${shape.length}]`;
    case "sequence":
      return named ?? `Vec<${typeText(shape.inner)}>`;
    case "tuple":
      return named ?? `(${shape.inner.map(typeText).join(", ")})`;
    case "composite":
      return named ?? `{ ${fieldsText(shape)} }`;
    case "variant":
      return named === "Option"
        ? `Option<${shape.params?.map(({ shape: inner }) => (inner ? typeText(inner) : "_"))}>`
        : (named ?? shape.variants.map(({ name }) => name).join(" or "));
  }
}
