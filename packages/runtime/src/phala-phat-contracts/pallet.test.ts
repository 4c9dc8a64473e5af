import { blake2b256 } from "@pha/crypto";
import { ClusterEvent, Command, contractId, TOPIC } from "@pha/protocol";
import { decode, equalBytes, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { commitTracker } from "../pha-contract-state/index.ts";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import {
  COUNTER,
  COUNTER_ID,
  type PhaChain,
  registerCall,
  rejection,
  sampleArtefact,
  testBoot,
} from "../testing/pha-chain.ts";
import { clusterKeysCall, startKeyed, startLive, testCommand } from "../testing/pha-cluster.ts";
import { PhalaPhatContracts } from "./index.ts";

function storageOf(chain: PhaChain) {
  return chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
}

function push(chain: PhaChain, command: ReturnType<typeof testCommand>, uri = "//Alice") {
  return chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(command), uri);
}

describe("a command", () => {
  test("is queued in its sender's name and pays for its fuel", () => {
    const { chain } = startLive();
    const command = testCommand(chain, 1);
    const sent = push(chain, command);
    expect(sent.error).toBeUndefined();
    const queued = sent.events.find(({ name }) => name === "CommandQueued");
    expect(queued?.fields["fuelFee"]).toBe(268_435_456n);
    const [message] = chain.messages();
    expect(message?.sender).toEqual({ type: "AccountId", value: chain.account("//Alice") });
    expect(message && equalBytes(message.destination, TOPIC.command)).toBe(true);
    expect(message && decode(Command, message.payload)).toEqual({
      ok: true,
      value: { origin: chain.account("//Alice"), ...command },
    });
  });

  test.each([
    ["to an old key", { epoch: 2n }, "StaleSealingKey"],
    ["to a key of another generation", { generation: 0n }, "StaleSealingKey"],
    ["to no contract", { contract: new Uint8Array(32) }, "UnknownContract"],
    ["that expired", { expiry: 1 }, "Expired"],
    ["that expires too late", { expiry: 5000 }, "ExpiryTooFar"],
    ["without fuel", { fuelLimit: 0n }, "FuelLimitTooHigh"],
    ["with more fuel than a block has", { fuelLimit: 1n << 60n }, "FuelLimitTooHigh"],
    ["with tokens", { value: 1n }, "ValueNotSupported"],
    ["for other code", { codeHash: new Uint8Array(32) }, "OtherCode"],
    ["of a telling size", { sealed: new Uint8Array(306).fill(1) }, "BadSealedSize"],
    ["cut short", { sealed: new Uint8Array(3).fill(1) }, "BadSealedSize"],
    ["of an unknown suite", { sealed: new Uint8Array(305).fill(2) }, "UnknownSuite"],
  ])("%s is refused", (_, change, error) => {
    const { chain } = startLive();
    const sent = push(chain, { ...testCommand(chain, 1), ...change });
    expect(sent.error).toBe(error);
    expect(chain.messages()).toEqual([]);
  });

  test("is taken once, also inside of batches, until its expiry", () => {
    const { chain } = startLive();
    const command = { ...testCommand(chain, 1), expiry: chain.number() + 3 };
    expect(push(chain, command).error).toBeUndefined();
    expect(push(chain, command).error).toBe("RepeatedCommand");
    expect(push(chain, command, "//Bob").error).toBe("RepeatedCommand");
    const again = chain.runtime.tx.PhalaPhatContracts.push_command(command);
    const batch = chain.runtime.tx.Utility.batch_all({ calls: [again] });
    expect(chain.send(batch, "//Alice").error).toMatch(/RepeatedCommand|Expired/);
    for (let i = 0; i < 3; i++) chain.block();
    expect([...storageOf(chain).CommandIds.keys()]).toEqual([]);
    expect([...storageOf(chain).Expiring.entries()]).toEqual([]);
    expect(push(chain, command).error).toBe("Expired");
    const { expiry: _, ...rest } = command;
    expect(push(chain, { ...rest, expiry: chain.number() + 3 }).error).toBeUndefined();
  });

  test("of an account that cannot pay its fuel is refused", () => {
    const { chain } = startLive();
    const balance = 100_000n * 10n ** 12n;
    const dest = chain.account("//Bob");
    const value = balance - 3n * 10n ** 9n;
    const transfer = chain.runtime.tx.Balances.transfer_keep_alive({
      dest: { type: "Id", value: dest },
      value,
    });
    expect(chain.send(transfer, "//Eve").error).toBeUndefined();
    const rich = testCommand(chain, 1);
    expect(push(chain, { ...rich, fuelLimit: 5_000_000_000n }, "//Eve").error).toBe("Token");
  });

  test("is refused while the cluster does not serve, with the reason", () => {
    const { chain } = startKeyed();
    expect(push(chain, testCommand(chain, 1)).error).toBe("ClusterNotLive");
  });

  test("for a closed contract is refused", () => {
    const { chain } = startLive();
    const { set_open } = chain.runtime.tx.PhalaPhatContracts;
    const close = set_open({ contract: COUNTER_ID, open: false });
    expect(chain.send(close, "//Bob").error).toBe("NotOwner");
    expect(chain.send(close, "//Alice").error).toBeUndefined();
    expect(push(chain, testCommand(chain, 1)).error).toBe("ContractClosed");
    chain.send(set_open({ contract: COUNTER_ID, open: true }), "//Alice");
    expect(push(chain, testCommand(chain, 1)).error).toBeUndefined();
  });
});

describe("code and contracts", () => {
  test("are stored when the contract kit made them", () => {
    const { chain } = startKeyed();
    const { upload_code, instantiate } = chain.runtime.tx.PhalaPhatContracts;
    const artefact = sampleArtefact("other");
    const codeHash = blake2b256(artefact);
    const salt = utf8("one");
    const make = instantiate({ cluster: DEVELOPMENT_CLUSTER, codeHash, salt });
    expect(chain.send(make, "//Bob").error).toBe("UnknownCode");
    expect(chain.send(upload_code({ artefact }), "//Bob").error).toBeUndefined();
    const sent = chain.send(make, "//Bob");
    expect(sent.error).toBeUndefined();
    const deployer = chain.account("//Bob");
    const id = contractId({ deployer, cluster: DEVELOPMENT_CLUSTER, codeHash, salt });
    expect(storageOf(chain).ClusterContracts.get(DEVELOPMENT_CLUSTER)).toEqual([COUNTER_ID, id]);
    const [message] = chain.messages();
    const event = message && decode(ClusterEvent, message.payload);
    expect(event?.ok && event.value).toMatchObject({
      type: "Instantiated",
      value: { contract: id },
    });
    expect(chain.send(make, "//Bob").error).toBe("RepeatedContract");
  });

  test("are refused when somebody tampered with them", () => {
    const { chain } = startKeyed();
    const { upload_code } = chain.runtime.tx.PhalaPhatContracts;
    const good = new TextDecoder().decode(COUNTER.artefact);
    for (const text of [good.replace("nothing", "anything"), "{}", "", "null", good.slice(1)])
      expect(chain.send(upload_code({ artefact: utf8(text) }), "//Bob").error).toBe(
        "InvalidArtefact",
      );
  });

  test("change hands by their owner's word alone", () => {
    const { chain } = startKeyed();
    const { transfer_ownership, set_open } = chain.runtime.tx.PhalaPhatContracts;
    const owner = chain.account("//Bob");
    const give = transfer_ownership({ contract: COUNTER_ID, owner });
    expect(chain.send(give, "//Bob").error).toBe("NotOwner");
    expect(chain.send(give, "//Alice").error).toBeUndefined();
    const close = set_open({ contract: COUNTER_ID, open: false });
    expect(chain.send(close, "//Alice").error).toBe("NotOwner");
    expect(chain.send(close, "//Bob").error).toBeUndefined();
  });
});

describe("a cluster", () => {
  test("is created by root, and its closed class takes contracts of its owner alone", () => {
    const { chain } = startKeyed();
    const { add_cluster, instantiate } = chain.runtime.tx.PhalaPhatContracts;
    const owner = chain.account("//Bob");
    const clusterClass = { type: "Endorsed", value: undefined } as const;
    const args = { owner, clusterClass, replication: 3, fuelPerBlock: 1n, crossVendor: false };
    expect(chain.send(add_cluster(args), "//Bob").error).toBe("BadOrigin");
    expect(chain.sudo(add_cluster({ ...args, replication: 16 })).error).toBe("BadReplication");
    const parent = chain.head();
    expect(chain.sudo(add_cluster(args)).error).toBeUndefined();
    const [, cluster] = storageOf(chain).ClusterList.get();
    if (!cluster) throw new Error("the cluster was made");
    expect(storageOf(chain).Clusters.get(cluster)).toMatchObject({
      generation: 1n,
      epoch: 1n,
      createdAt: parent,
    });
    const codeHash = blake2b256(COUNTER.artefact);
    const make = instantiate({ cluster, codeHash, salt: utf8("x") });
    expect(chain.send(make, "//Alice").error).toBe("NotOwner");
    expect(chain.send(make, "//Bob").error).toBeUndefined();
  });
});

describe("published keys", () => {
  test("count when a replica's present boot sends them for its own cluster's contracts", () => {
    const { chain, workers, keys } = startKeyed();
    const attempt = (change: object, from = workers[0]) =>
      rejection(chain, chain.send(clusterKeysCall(chain, from, { ...keys.keys, ...change })));
    const fourth = testBoot(4);
    chain.send(registerCall(chain, fourth));
    expect(attempt({}, fourth)).toBe("NotAssigned");
    expect(attempt({ epoch: 2n })).toBe("StaleEpoch");
    const [entry] = keys.keys.sealingKeys;
    expect(attempt({ sealingKeys: [entry, entry] })).toBe("ForeignContract");
    const foreign = { contract: new Uint8Array(32).fill(1), key: entry?.key };
    expect(attempt({ sealingKeys: [foreign] })).toBe("ForeignContract");
    expect(attempt({})).toBeUndefined();
    expect(storageOf(chain).SealingKeys.get(COUNTER_ID)).toEqual([]);
    expect(attempt({})).toBeUndefined();
    expect(storageOf(chain).SealingKeys.get(COUNTER_ID)).toEqual([]);
    expect(attempt({}, workers[1])).toBeUndefined();
    expect(storageOf(chain).SealingKeys.get(COUNTER_ID)).toMatchObject([{ signers: 2 }]);
  });

  test("that differ from those in use halt the cluster", () => {
    const { chain, workers, keys } = startLive();
    const wrong = {
      ...keys.keys,
      sealingKeys: [{ contract: COUNTER_ID, key: keys.vetKey.slice(0, 32) }],
    };
    const sent = chain.send(clusterKeysCall(chain, workers[2], wrong));
    expect(sent.events.map(({ name }) => name)).toContain("KeysDisagree");
    expect(storageOf(chain).Clusters.get(DEVELOPMENT_CLUSTER)?.status.type).toBe("Halted");
    expect(push(chain, testCommand(chain, 1)).error).toBe("ClusterHalted");
  });

  test("on which no majority is possible halt the cluster", () => {
    const { chain, workers, keys } = startKeyed();
    for (const [i, boot] of workers.entries()) {
      const key = new Uint8Array(32).fill(i + 1);
      const own = { ...keys.keys, sealingKeys: [{ contract: COUNTER_ID, key }] };
      chain.send(clusterKeysCall(chain, boot, own));
    }
    expect(storageOf(chain).Clusters.get(DEVELOPMENT_CLUSTER)?.status.type).toBe("Halted");
  });
});

test("a cluster with too much waiting takes no more commands", () => {
  const { chain } = startLive();
  const env = chain.runtime.env(chain.overlay);
  const outcome = env.transaction(() => {
    for (let block = 0; block < 129; block++) {
      Object.assign(env.block, { number: 1000 + block });
      commitTracker.workQueued({ env }, DEVELOPMENT_CLUSTER);
    }
  });
  expect(outcome.ok || chain.errorName(outcome.error)).toBe("TooMuchWaiting");
});
