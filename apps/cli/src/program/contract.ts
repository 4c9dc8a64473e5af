/** A contract by name or address, with the ABI that the chain holds. */
import { type Artefact, entryCodecsOf, readArtefact } from "@pha/contract";
import { logReasonOf } from "@pha/contract/log";
import { STORAGE } from "@pha/protocol";
import { PhaError, parseHex, toHex } from "@pha/scale";
import { type ContractHandle, getContract } from "@pha/sdk";
import type { Network } from "./network.ts";
import type { Output } from "./output.ts";
import { shownText } from "./shown-text.ts";

export interface NamedContract {
  readonly address: Uint8Array;
  readonly codeHash: Uint8Array;
  readonly cluster: Uint8Array;
  readonly artefact: Artefact;
  readonly entries: ReturnType<typeof entryCodecsOf>;
  readonly handle: ContractHandle;
}

export async function contractOf(network: Network, text: string): Promise<NamedContract> {
  const address = addressOf(network, text);
  const { chain } = network.client;
  const record = await chain.read({
    key: STORAGE.contract.key(address),
    value: STORAGE.contract.value,
  });
  if (record === undefined)
    throw new PhaError("contract/unknown", `the chain has no contract ${text}`, {
      facts: { contract: toHex(address) },
      hint: "Check the name or address; `pha status` lists the devnet's contracts.",
    });
  const code = await chain.read({
    key: STORAGE.code.key(record.codeHash),
    value: STORAGE.code.value,
  });
  const artefact = code && readArtefact(code);
  if (!artefact?.ok)
    throw new PhaError("contract/no-abi", "the contract's artefact cannot be read", {
      facts: { codeHash: toHex(record.codeHash) },
      hint: "Use a release of pha made for this network.",
    });
  const entries = entryCodecsOf(artefact.value);
  return {
    address,
    codeHash: record.codeHash,
    cluster: record.cluster,
    artefact: artefact.value,
    entries,
    handle: getContract(network.client, { address, entries }),
  };
}

/** Says that somebody outside of the TEEs can open what is sent to the contract, before it is sent. */
export function tellAudited({ artefact }: NamedContract, output: Output): void {
  if (artefact.audit !== undefined)
    output.progress(`! AUDITED: the holder of ${artefact.audit} can open all of this contract`);
}

/** What its owner may be shown of a contract's calls, where it keeps a log. */
export function logNotice({ artefact }: NamedContract): readonly string[] {
  const reason = logReasonOf(artefact);
  return reason === undefined ? [] : [`! LOG: kept for the owner: ${shownText(reason)}`];
}

function addressOf({ devnet }: Network, text: string): Uint8Array {
  const named = devnet?.contracts.find(({ name }) => name === text);
  const parsed = parseHex(named?.address ?? text, 32);
  if (parsed.ok && parsed.value.length === 32) return parsed.value;
  throw new PhaError("usage/bad-contract", `${text || "nothing"} is no contract`, {
    hint: `Give 32 bytes of hex${devnet ? `, or one of ${devnet.contracts.map(({ name }) => name).join(", ")}` : ""}.`,
  });
}
