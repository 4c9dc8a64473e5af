/**
 * A new contract on a chain: its code uploaded, instantiated in a cluster, and its sealing key published.
 *
 * **Trust**: what is uploaded is judged here as the chain judges it, before a fee is paid for a refusal.
 */
import { validateArtefact } from "@pha/contract";
import { blake2b256, randomBytes } from "@pha/crypto";
import { contractId, STORAGE } from "@pha/protocol";
import { isPhaError, PhaError, toHex } from "@pha/scale";
import type { Signer } from "../chain/accounts.ts";
import type { Chain } from "../chain/chain.ts";
import { untilFinal } from "../contracts/until-final.ts";

/** A contract to be made of code that the chain has. */
export interface InstantiateInput {
  readonly signer: Signer;
  /** 32 bytes. */
  readonly codeHash: Uint8Array;
  /** 32 bytes. */
  readonly cluster: Uint8Array;
  /** Default `keyed`: commands can be sealed to it. `serving`: its replicas answer queries too. */
  readonly until?: "keyed" | "serving";
  /** Default a minute, for the key and for the first root each. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: DeployProgress) => void;
}

/** A contract to be made of an artefact. */
export interface DeployInput extends Omit<InstantiateInput, "codeHash"> {
  /** Bytes of `<name>.pha.json`. */
  readonly artefact: Uint8Array;
}

/** How far a deployment is. */
export type DeployProgress =
  | { readonly stage: "uploading"; readonly bytes: number }
  /** `isNew` is false when the chain had the code before. */
  | { readonly stage: "code"; readonly codeHash: Uint8Array; readonly isNew: boolean }
  | { readonly stage: "instantiated"; readonly address: Uint8Array; readonly blockNumber: number }
  /** Replicas that published the contract's sealing key, of those there are. */
  | { readonly stage: "keys"; readonly published: number; readonly replicas: number }
  | { readonly stage: "keyed" }
  | { readonly stage: "serving" };

/** A contract that takes commands. */
export interface Deployed {
  readonly address: Uint8Array;
  readonly codeHash: Uint8Array;
  /** Of the instantiation. */
  readonly blockNumber: number;
}

const TIMEOUT_MS = 60_000;
const POLL_MS = 200;

/**
 * Uploads code that the chain does not have yet, and instantiates it.
 *
 * @throws PhaError `artefact/…` for what is no artefact, and what `instantiateContract` throws
 */
export async function deployContract(
  { chain }: { readonly chain: Chain },
  { artefact, ...input }: DeployInput,
): Promise<Deployed> {
  const { signer, onProgress } = input;
  const valid = validateArtefact(artefact, blake2b256);
  if (!valid.ok) {
    const { code, ...facts } = valid.error;
    throw new PhaError(code, "these bytes are no valid artefact; nothing was sent", {
      facts,
      hint: "Build it again with `pha build`; artefacts must not be edited.",
    });
  }
  const codeHash = blake2b256(artefact);
  const known = await chain.read({ key: STORAGE.code.key(codeHash), value: STORAGE.code.value });
  if (known === undefined) {
    onProgress?.({ stage: "uploading", bytes: artefact.length });
    await submit(chain, signer, "upload_code", { artefact });
  }
  onProgress?.({ stage: "code", codeHash, isNew: known === undefined });
  return instantiateContract({ chain }, { ...input, codeHash });
}

/**
 * Every call makes another contract.
 *
 * @throws PhaError `account/insufficient-funds`, `contract/no-sealing-key` when no majority of the replicas published the key
 *   in time, and what submitting and waiting throw
 */
export async function instantiateContract(
  { chain }: { readonly chain: Chain },
  input: InstantiateInput,
): Promise<Deployed> {
  const { signer, codeHash, cluster, timeoutMs = TIMEOUT_MS, onProgress: tell } = input;
  const salt = randomBytes(32);
  const call = { cluster, code_hash: codeHash, salt };
  const { blockNumber } = await submit(chain, signer, "instantiate", call);
  const address = contractId({ deployer: signer.publicKey, cluster, codeHash, salt });
  tell?.({ stage: "instantiated", address, blockNumber });
  await untilKeyed(chain, cluster, address, timeoutMs, tell);
  tell?.({ stage: "keyed" });
  if (input.until === "serving") {
    await untilFinal(chain, cluster, blockNumber, timeoutMs);
    tell?.({ stage: "serving" });
  }
  return { address, codeHash, blockNumber };
}

async function submit(chain: Chain, signer: Signer, call: string, args: unknown) {
  const encoded = chain.call("PhalaPhatContracts", call, args);
  try {
    return await chain.submit(signer, encoded, { until: "in-block" });
  } catch (error) {
    if (!isPhaError(error) || error.facts["data"] !== "Payment") throw error;
    throw new PhaError("account/insufficient-funds", "the account cannot pay the fee", {
      cause: error,
      facts: { account: signer.address, free: await chain.balance(signer.publicKey) },
      hint: "Send PHA to the account first: `pha account send`.",
    });
  }
}

async function untilKeyed(
  chain: Chain,
  cluster: Uint8Array,
  address: Uint8Array,
  timeoutMs: number,
  tell: ((progress: DeployProgress) => void) | undefined,
): Promise<void> {
  const votes = chain.metadata.storage("PhalaPhatContracts", "KeyVotes");
  let told = -1;
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    const at = chain.finality.head;
    const [keys, record, published] = await Promise.all([
      chain.read({ key: STORAGE.sealingKeys.key(address), value: STORAGE.sealingKeys.value }, at),
      chain.read({ key: STORAGE.cluster.key(cluster), value: STORAGE.cluster.value }, at),
      votes && chain.read({ key: votes.key(cluster, address), value: votes.value }, at),
    ]);
    const count = Array.isArray(published) ? published.length : 0;
    const replicas = record?.replicas.length ?? 0;
    if (count !== told) tell?.({ stage: "keys", published: count, replicas });
    told = count;
    if (keys !== undefined && keys.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new PhaError("contract/no-sealing-key", "the replicas published no sealing key in time", {
    facts: { contract: toHex(address) },
    hint: "The contract is on the chain; look whether its cluster is live: `pha status`.",
  });
}
