/** Sample contracts of a devnet: artefacts beside the programs, addresses as genesis gives them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Artefact, entryCodecsOf, readArtefact } from "@pha/contract";
import { blake2b256 } from "@pha/crypto";
import { contractId } from "@pha/protocol";
import { DEVELOPMENT_CLUSTER } from "@pha/runtime";
import { PhaError, utf8 } from "@pha/scale";
import { devSigner, type EntryCodecs } from "@pha/sdk";

export interface BuiltContract {
  readonly name: string;
  readonly file: string;
  readonly address: Uint8Array;
  readonly entries: EntryCodecs;
  readonly artefact: Artefact;
  /** A query without arguments. */
  readonly probe: string;
}

export async function builtContracts(dist: string): Promise<readonly BuiltContract[]> {
  const folder = join(dist, "contracts");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".pha.json")).sort();
  return Promise.all(files.map((file) => readBuilt(join(folder, file))));
}

async function readBuilt(file: string): Promise<BuiltContract> {
  const bytes = new Uint8Array(await readFile(file));
  const read = readArtefact(bytes);
  if (!read.ok)
    throw new PhaError(read.error.code, `${file} is no artefact`, {
      hint: "Remove the folder dist and start again.",
    });
  const artefact = read.value;
  const { name, queries } = artefact;
  const probe = Object.keys(queries).find((query) => isWithoutArguments(queries[query]?.args));
  return {
    name,
    file,
    artefact,
    entries: entryCodecsOf(artefact),
    probe: probe ?? "",
    address: contractId({
      deployer: devSigner("Alice").publicKey,
      cluster: DEVELOPMENT_CLUSTER,
      codeHash: blake2b256(bytes),
      salt: utf8(name),
    }),
  };
}

function isWithoutArguments(type: unknown): boolean {
  return (
    typeof type === "object" &&
    type !== null &&
    "struct" in type &&
    Array.isArray(type.struct) &&
    type.struct.length === 0
  );
}
