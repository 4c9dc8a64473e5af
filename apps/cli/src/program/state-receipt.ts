/** A receipt of opened fields, for `pha receipt`: verified, shown, and made smaller. */
import { readFile, stat } from "node:fs/promises";
import { type Artefact, MAX_ARTEFACT_BYTES, readArtefact } from "@pha/contract";
import { blake2b256 } from "@pha/crypto";
import { keepFields, StateReceipt } from "@pha/protocol";
import { assert, decode, encode, equalBytes, PhaError, toHex } from "@pha/scale";
import { type VerifiedStateReceipt, verifyStateReceipt } from "@pha/sdk";
import { newFile } from "./new-file.ts";
import type { Output } from "./output.ts";
import { notVerified } from "./receipt-refusal.ts";
import { fieldLine, shownField } from "./shown-field.ts";

export async function showStateReceipt(
  bytes: Uint8Array,
  genesisHash: Uint8Array,
  options: Readonly<Record<string, unknown>>,
  output: Output,
): Promise<void> {
  const wanted = keptFields(options);
  const verified = verifyStateReceipt(bytes, { genesisHash });
  if (!verified.ok) throw notVerified(verified.error);
  const { fields, ...proven } = verified.value;
  const artefact = await artefactOf(options["artefact"], proven);
  const shown = fields.map(({ path, salt, ...entry }) => ({
    ...shownField(entry, artefact),
    path,
    salt,
  }));
  const kept = wanted && (await keep(bytes, wanted));
  output.result({ ...proven, fields: shown, ...(wanted && { kept, file: wanted.file }) }, [
    `contract   ${toHex(proven.contract)}, code ${toHex(proven.codeHash)}`,
    `state      of block #${proven.stateBlock.number}, step ${proven.index} of cluster ${toHex(proven.cluster)}`,
    `root       ${toHex(proven.root)}, final by the majority of the replicas`,
    `read at    block #${proven.at.number}, finalized with block #${proven.finalized.number}`,
    ...shown.map((one, index) => `field ${String(index).padEnd(4)} ${fieldLine(one)}`),
    `said by    boot ${toHex(proven.boot)} of worker ${toHex(proven.worker)}, a replica at that block:`,
    "           that the fields are this contract's is its word, that they were in the state is proven",
    ...(wanted ? [`kept       ${kept} of ${fields.length} fields in ${wanted.file}`] : []),
  ]);
}

/** The artefact that the receipt names, to read keys and values by. */
async function artefactOf(
  file: unknown,
  { codeHash }: Pick<VerifiedStateReceipt, "codeHash">,
): Promise<Artefact | undefined> {
  if (typeof file !== "string") return undefined;
  const bytes = await readBounded(file);
  if (!equalBytes(blake2b256(bytes), codeHash))
    throw new PhaError(
      "receipt/other-code",
      "the artefact is not of the code that the receipt names",
      {
        facts: { codeHash: toHex(codeHash), file },
        hint: "Give the artefact that was deployed, or none to see keys and values as bytes.",
      },
    );
  const artefact = readArtefact(bytes);
  assert(artefact.ok, "the chain takes no code that is no artefact");
  return artefact.value;
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    // What is longer is no artefact, and is not taken into memory.
    if ((await stat(file)).size > MAX_ARTEFACT_BYTES) return new Uint8Array(0);
    return await readFile(file);
  } catch (cause) {
    throw new PhaError("usage/no-file", `the artefact ${file} cannot be read`, {
      cause,
      hint: "Give the file that `pha build` wrote.",
    });
  }
}

interface Kept {
  readonly fields: readonly number[];
  readonly file: string;
}

/** Which fields a smaller receipt is to hold, and where. */
function keptFields({ only, out }: Readonly<Record<string, unknown>>): Kept | undefined {
  if (only === undefined && out === undefined) return undefined;
  const numbers = String(only ?? "").split(",");
  if (typeof out !== "string" || !numbers.every((text) => /^\d{1,2}$/.test(text))) throw unclear();
  return { fields: numbers.map(Number), file: out };
}

function unclear(): PhaError {
  return new PhaError("usage/bad-fields", "which fields to keep, and where, is not clear", {
    hint: "Give both: --only with numbers of fields, as 0,2, and --out with a new file.",
  });
}

async function keep(bytes: Uint8Array, { fields, file: path }: Kept): Promise<number> {
  const receipt = decode(StateReceipt, bytes);
  assert(receipt.ok, "what was verified decodes");
  if (fields.some((field) => field >= receipt.value.fields.length)) throw unclear();
  const smaller = keepFields(receipt.value, fields);
  const file = await newFile(path);
  try {
    await file.write(encode(StateReceipt, smaller));
  } finally {
    await file.end();
  }
  return smaller.fields.length;
}
