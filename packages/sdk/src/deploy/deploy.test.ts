import { blake2b256 } from "@pha/crypto";
import { STORAGE } from "@pha/protocol";
import { equalBytes, PhaError, toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { devSigner } from "../chain/accounts.ts";
import type { Chain } from "../chain/chain.ts";
import { CLUSTER, filled } from "../testing/fake-chain.ts";
import { type DeployProgress, deployContract, instantiateContract } from "./deploy.ts";

const signer = devSigner("Alice");

/** The smallest artefact: no entries, no state. */
function artefactBytes(): Uint8Array {
  const code = "0";
  const abi = ["pha/contract/1", "empty", "0.1.0", "", "javascript/1", [], [], [], [], []];
  const hash = (text: string): string => toHex(blake2b256(utf8(text)));
  return utf8(
    JSON.stringify({
      format: "pha/contract/1",
      name: "empty",
      version: "0.1.0",
      docs: "",
      engine: "javascript/1",
      state: [],
      commands: {},
      queries: {},
      errors: [],
      disclosures: {},
      code,
      hashes: { code: hash(code), abi: hash(JSON.stringify(abi)) },
    }),
  );
}

interface Scene {
  /** Code that the chain has. */
  readonly code?: Uint8Array;
  /** Votes for the contract's key at each look; with the third it is there. */
  readonly votes?: readonly number[];
  readonly refusal?: PhaError;
}

function chainOf({ code, votes = [0, 1, 3], refusal }: Scene) {
  const calls: string[] = [];
  let look = 0;
  const codes = STORAGE.code.key(filled(0)).subarray(0, 32);
  const rootKey = STORAGE.root.key(CLUSTER);
  const chain = {
    finality: { head: { number: 9 } },
    metadata: { storage: () => ({ key: () => utf8("votes"), value: STORAGE.now.value }) },
    call: (_pallet: string, name: string) => utf8(name),
    async submit(_signer: unknown, call: Uint8Array) {
      if (refusal !== undefined) throw refusal;
      calls.push(Buffer.from(call).toString());
      return { blockNumber: 9 };
    },
    async read({ key }: { readonly key: Uint8Array }) {
      if (equalBytes(key.subarray(0, 32), codes)) return code;
      if (equalBytes(key, STORAGE.cluster.key(CLUSTER))) return { replicas: [1, 2, 3] };
      if (equalBytes(key, rootKey)) return { block: { number: 9 } };
      const at = votes[Math.min(look, votes.length - 1)] ?? 0;
      if (equalBytes(key, utf8("votes"))) {
        look++;
        return Array.from({ length: at });
      }
      return at >= 3 ? [{}] : [];
    },
    balance: async () => 7n,
  };
  // The parts of a chain that a deployment uses.
  return { client: { chain: chain as unknown as Chain }, calls };
}

test("code is uploaded once, and each deployment is a contract of its own, told step by step", async () => {
  const artefact = artefactBytes();
  const { client, calls } = chainOf({});
  const told: DeployProgress[] = [];
  const first = await deployContract(client, {
    signer,
    artefact,
    cluster: CLUSTER,
    until: "serving",
    onProgress: (progress) => told.push(progress),
  });
  expect(calls).toEqual(["upload_code", "instantiate"]);
  expect(told.map(({ stage }) => stage)).toEqual([
    "uploading",
    "code",
    "instantiated",
    "keys",
    "keys",
    "keys",
    "keyed",
    "serving",
  ]);
  expect(told).toContainEqual({ stage: "code", codeHash: blake2b256(artefact), isNew: true });
  expect(told).toContainEqual({ stage: "keys", published: 1, replicas: 3 });
  const known = chainOf({ code: artefact });
  const second = await deployContract(known.client, { signer, artefact, cluster: CLUSTER });
  expect(known.calls).toEqual(["instantiate"]);
  expect(second.codeHash).toEqual(first.codeHash);
  expect(second.address).not.toEqual(first.address);
});

test("what is no artefact is refused before anything is sent", async () => {
  const { client, calls } = chainOf({});
  const edited = utf8(Buffer.from(artefactBytes()).toString().replace('"code":"0"', '"code":"1"'));
  const deployed = (artefact: Uint8Array) =>
    deployContract(client, { signer, artefact, cluster: CLUSTER });
  await expect(deployed(edited)).rejects.toMatchObject({
    code: "artefact/wrong-hash",
    facts: { field: "code" },
  });
  await expect(deployed(utf8("{"))).rejects.toMatchObject({ code: "artefact/not-json" });
  expect(calls).toEqual([]);
});

test("an account that cannot pay is told so, with what it has; other refusals stay as they are", async () => {
  const input = { signer, codeHash: filled(1), cluster: CLUSTER };
  const refused = (data: string) =>
    instantiateContract(
      chainOf({ refusal: new PhaError("rpc/refused", "no", { facts: { data }, hint: "Why." }) })
        .client,
      input,
    );
  await expect(refused("Payment")).rejects.toMatchObject({
    code: "account/insufficient-funds",
    facts: { account: signer.address, free: 7n },
  });
  await expect(refused("Stale")).rejects.toMatchObject({ code: "rpc/refused" });
});

test("replicas that publish no key in time are said to have published none", async () => {
  const { client } = chainOf({ votes: [1] });
  await expect(
    instantiateContract(client, { signer, codeHash: filled(1), cluster: CLUSTER, timeoutMs: 20 }),
  ).rejects.toMatchObject({ code: "contract/no-sealing-key" });
});
