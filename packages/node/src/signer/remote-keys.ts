/**
 * The keys of a signer, as the node's services use them: which there are, the node knows; what they sign, it asks for.
 *
 * Keys that another program puts into the folder are known after the next `reload`.
 */
import { assert, equalBytes } from "@pha/scale";
import type { Keystore, KeyType, SessionKeys, StoredKey } from "./keystore.ts";
import {
  type AskSigner,
  errorOf,
  type SignerAnswer,
  type SignerRequest,
} from "./signer-messages.ts";

export interface RemoteKeys {
  readonly keystore: Keystore;
  readonly sessionKeys: SessionKeys;
  /** @throws PhaError `signer/…` */
  reload(): Promise<void>;
}

type AnswerValues = {
  readonly [A in SignerAnswer as A["type"]]: A["value"];
};

export function createRemoteKeys(ask: AskSigner, initial: readonly StoredKey[]): RemoteKeys {
  let known = initial;

  const askFor = async <T extends keyof AnswerValues>(
    type: T,
    request: SignerRequest,
  ): Promise<AnswerValues[T]> => {
    const answer = await ask(request);
    if (answer.type === "Failed") throw errorOf(answer);
    assert(answer.type === type, "an answer is of its request's kind");
    // Just looked at.
    return answer.value as AnswerValues[T];
  };
  const has = (type: KeyType, key: Uint8Array): boolean =>
    known.some((one) => one.type === type && equalBytes(one.key, key));
  const reload = async (): Promise<void> => {
    known = await askFor("Keys", { type: "List", value: undefined });
  };

  return {
    reload,
    keystore: {
      has,
      draw: (key, { randomness, slot, epoch }) =>
        askFor("Drawn", { type: "Draw", value: { key, randomness, slot, epoch } }),
      prove: (key, { randomness, slot, epoch }) =>
        askFor("Proven", { type: "Prove", value: { key, randomness, slot, epoch } }),
      seal: (key, header) => askFor("Signature", { type: "Seal", value: { key, header } }),
      vote: (key, { kind, setId, round, target }) =>
        askFor("Signature", { type: "Vote", value: { key, kind, setId, round, target } }),
    },
    sessionKeys: {
      has: async (type, key) => {
        await reload();
        return has(type, key);
      },
      generate: async () => {
        const pair = await askFor("Generated", { type: "Generate", value: undefined });
        await reload();
        return pair;
      },
      insert: async (type, uri, key) => {
        await askFor("Inserted", { type: "Insert", value: { type, uri, key } });
        await reload();
      },
      proveOwnership: (pair, owner) =>
        askFor("Ownership", { type: "ProveOwnership", value: { pair, owner } }),
    },
  };
}
