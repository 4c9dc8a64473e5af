/** Waits for the network's first confidential answer: a verified query to the sample contract. */

import { STORAGE } from "@pha/protocol";
import { PhaError } from "@pha/scale";
import { type Client, createSession, devSigner, getContract } from "@pha/sdk";
import type { BuiltContract } from "../program/built-contracts.ts";

const DEADLINE_MS = 60_000;
const RETRY_MS = 25;
/** The gatekeeper's run fills the block before: it gets the processors until then. */
const KEYS_AGREED_BLOCK = 2;

export async function firstAnswer(client: Client, contract: BuiltContract): Promise<unknown> {
  const deadline = performance.now() + DEADLINE_MS;
  const handle = getContract(client, contract);
  const session = await createSession(client.chain, {
    signer: devSigner("Alice"),
    scopes: [{ contract: contract.address, methods: undefined }],
    purpose: "devnet start-up",
  });
  await firstRoot(client, contract, deadline);
  for (;;) {
    const value = await whenReady(deadline, async () => {
      const answer = await handle.query(contract.probe, {}, { session });
      return { answer: answer.value };
    });
    if (value !== undefined) return value.answer;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/**
 * Until the cluster's first root is final there is nothing to answer from, and that changes with a block: asked once for
 * each, the workers keep the processors. Meanwhile the chain of trust of its replicas is verified.
 */
async function firstRoot(client: Client, contract: BuiltContract, deadline: number): Promise<void> {
  for (;;) {
    const { number } = client.chain.finality.head;
    const isThere = await whenReady(deadline, async () => {
      const cluster = await client.clusterOf(contract.address);
      const root = { key: STORAGE.root.key(cluster), value: STORAGE.root.value };
      if ((await client.chain.read(root)) !== undefined) return true;
      if (number >= KEYS_AGREED_BLOCK) await client.replicasOf(contract.address, cluster);
      return undefined;
    });
    if (isThere) return;
    await client.chain.finality.reach(number + 1, Math.max(0, deadline - performance.now()));
  }
}

/** `undefined` while workers still register, renew their leases or fetch keys; anything else is a defect worth showing. */
async function whenReady<T>(deadline: number, attempt: () => Promise<T>): Promise<T | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof PhaError) || !isNotYet(error.code) || performance.now() > deadline)
      throw error;
    return undefined;
  }
}

const NOT_YET = [
  "contract/unknown",
  "worker/",
  "query/",
  "verify/not-trusted",
  // After a restart from kept state the chain still records the boots of the last run.
  "answer/no-lease",
  "answer/unproven",
  "answer/displaced-boot",
  "answer/not-assigned",
  "answer/root-not-final",
];

function isNotYet(code: string): boolean {
  return NOT_YET.some((prefix) => code.startsWith(prefix));
}
