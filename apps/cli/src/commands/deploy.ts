/** `pha deploy`: uploads an artefact and instantiates it in a cluster. */
import { readFile } from "node:fs/promises";
import { validateArtefact } from "@pha/contract";
import { blake2b256 } from "@pha/crypto";
import { DEVELOPMENT_CLUSTER } from "@pha/runtime";
import { PhaError, parseHex, toHex } from "@pha/scale";
import { deployContract } from "@pha/sdk/deploy";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";

export const deploy: CommandDeclaration = {
  usage: "deploy <artefact>",
  docs: "Uploads an artefact and instantiates it; waits until commands can be sealed to it.",
  examples: ["pha deploy counter.pha.json --from alice"],
  options: [
    ...networkOptions,
    new Option("--from <account>", FROM).default("alice"),
    new Option("--cluster <id>", "cluster, in hex (default: the devnet's)"),
  ],
  async run({ args, options, output }) {
    const cluster = clusterOf(options["cluster"]);
    const { bytes, audit } = await readArtefactFile(args[0] ?? "");
    const signer = signerOf(String(options["from"]));
    const { client } = await openNetwork(options);
    try {
      const { address, codeHash } = await deployContract(client, {
        signer,
        artefact: bytes,
        cluster,
        onProgress(progress) {
          if (progress.stage === "uploading")
            output.progress(`  uploading  ${progress.bytes} bytes`);
          if (progress.stage === "instantiated")
            output.progress("  waiting    for the replicas' sealing key");
        },
      });
      const auditKey = audit === undefined ? {} : { auditKey: audit };
      output.result({ address, codeHash, cluster, owner: signer.address, ...auditKey }, [
        `address    ${toHex(address)}`,
        `code hash  ${toHex(codeHash)}`,
        `owner      ${signer.address}`,
        ...(audit === undefined ? [] : [`AUDITED    all of it opens for the holder of ${audit}`]),
      ]);
    } finally {
      client.close();
    }
  },
};

async function readArtefactFile(
  file: string,
): Promise<{ readonly bytes: Uint8Array; readonly audit: string | undefined }> {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new PhaError("usage/no-file", `${file} cannot be read`, {
      cause,
      hint: "Make an artefact first: `pha build my-contract.ts`.",
    });
  }
  const valid = validateArtefact(bytes, blake2b256);
  if (valid.ok) return { bytes, audit: valid.value.audit };
  throw new PhaError(valid.error.code, `${file} is no valid artefact`, {
    hint: "Build it again with `pha build`; artefacts must not be edited.",
  });
}

function clusterOf(text: unknown): Uint8Array {
  if (text === undefined) return DEVELOPMENT_CLUSTER;
  const parsed = parseHex(String(text), 32);
  if (parsed.ok && parsed.value.length === 32) return parsed.value;
  throw new PhaError("usage/bad-cluster", "--cluster is not 32 bytes of hex", {
    hint: "Copy the cluster's id from `pha verify`.",
  });
}
