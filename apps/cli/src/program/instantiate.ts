/** A new contract of code that the chain has, ready to take commands. */
import { randomBytes } from "@pha/crypto";
import { contractId, STORAGE } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import type { Client, Signer } from "@pha/sdk";

const WAIT_MS = 60_000;

/**
 * @returns the contract's address, once a majority of the replicas published its sealing key
 * @throws PhaError `contract/no-sealing-key` after a minute
 */
export async function instantiate(
  { chain }: Client,
  signer: Signer,
  { codeHash, cluster }: { readonly codeHash: Uint8Array; readonly cluster: Uint8Array },
): Promise<Uint8Array> {
  const salt = randomBytes(32);
  await chain.submit(
    signer,
    chain.call("PhalaPhatContracts", "instantiate", { cluster, code_hash: codeHash, salt }),
  );
  const address = contractId({ deployer: signer.publicKey, cluster, codeHash, salt });
  const deadline = performance.now() + WAIT_MS;
  while (performance.now() < deadline) {
    const keys = await chain.read({
      key: STORAGE.sealingKeys.key(address),
      value: STORAGE.sealingKeys.value,
    });
    if (keys !== undefined && keys.length > 0) return address;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new PhaError("contract/no-sealing-key", "the replicas published no sealing key in time", {
    facts: { contract: toHex(address) },
    hint: "Look whether the cluster is live: `pha status`.",
  });
}
