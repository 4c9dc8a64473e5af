/** Waits for the network's first confidential answer: a verified query to the sample contract. */

import { PhaError } from "@pha/scale";
import { type Client, createSession, devSigner, getContract } from "@pha/sdk";
import type { BuiltContract } from "../program/built-contracts.ts";

const DEADLINE_MS = 60_000;

export async function firstAnswer(client: Client, contract: BuiltContract): Promise<unknown> {
  const deadline = performance.now() + DEADLINE_MS;
  const handle = getContract(client, contract);
  const session = await createSession(client.chain, {
    signer: devSigner("Alice"),
    scopes: [{ contract: contract.address, methods: undefined }],
    purpose: "devnet start-up",
  });
  for (;;) {
    try {
      const { value } = await handle.query(contract.probe, {}, { session });
      return value;
    } catch (error) {
      // Workers still register, renew their leases or fetch keys; anything else is a defect worth showing.
      if (!(error instanceof PhaError) || !isNotYet(error.code) || performance.now() > deadline)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
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
