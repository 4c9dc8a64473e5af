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
      // Workers are still registering or fetching keys; anything else is a defect worth showing.
      if (!(error instanceof PhaError) || !isNotYet(error.code) || performance.now() > deadline)
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function isNotYet(code: string): boolean {
  return ["contract/unknown", "worker/", "query/", "verify/not-trusted"].some((prefix) =>
    code.startsWith(prefix),
  );
}
