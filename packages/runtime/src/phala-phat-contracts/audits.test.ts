import { blake2b256, x25519PublicKey } from "@pha/crypto";
import { AuditOpening, type ClusterClass, MAX_OPENINGS, sealOpening, TOPIC } from "@pha/protocol";
import { encode, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT_CLUSTER } from "../pha-genesis.ts";
import {
  messageCall,
  type PhaChain,
  registerCall,
  rejection,
  sampleArtefact,
  type TestBoot,
  testBoot,
} from "../testing/pha-chain.ts";
import { startKeyed, startLive } from "../testing/pha-cluster.ts";
import { PhalaPhatContracts } from "./index.ts";

const KEY = x25519PublicKey(blake2b256(utf8("auditor")));
const OTHER = x25519PublicKey(blake2b256(utf8("another auditor")));

function storageOf(chain: PhaChain) {
  return chain.runtime.env(chain.overlay).of(PhalaPhatContracts).storage;
}

/** A cluster without contracts, which belongs to Bob. */
function emptyCluster(chain: PhaChain): Uint8Array {
  const clusterClass: ClusterClass = { type: "Open", value: undefined };
  const owner = chain.account("//Bob");
  const made = { owner, clusterClass, crossVendor: false, replication: 1, fuelPerBlock: 1n };
  expect(chain.sudo(chain.runtime.tx.PhalaPhatContracts.add_cluster(made)).error).toBeUndefined();
  return storageOf(chain).ClusterList.get().at(-1)!;
}

/** Uploads and instantiates a contract that declares this key. */
function deploy(chain: PhaChain, cluster: Uint8Array, name: string, auditKey?: Uint8Array) {
  const { upload_code, instantiate } = chain.runtime.tx.PhalaPhatContracts;
  const artefact = sampleArtefact(name, 0, auditKey);
  expect(chain.send(upload_code({ artefact }), "//Bob").error).toBeUndefined();
  const make = instantiate({ cluster, codeHash: blake2b256(artefact), salt: utf8(name) });
  return chain.send(make, "//Bob").error;
}

describe("a cluster's contracts", () => {
  test("declare the audit key of the first one, and no other", () => {
    const { chain } = startKeyed();
    const cluster = emptyCluster(chain);
    expect(deploy(chain, cluster, "first", KEY)).toBeUndefined();
    expect(storageOf(chain).AuditKeys.get(cluster)).toEqual(KEY);
    expect(deploy(chain, cluster, "second", KEY)).toBeUndefined();
    expect(deploy(chain, cluster, "third", OTHER)).toBe("OtherAuditKey");
    expect(deploy(chain, cluster, "fourth")).toBe("OtherAuditKey");
  });

  test("declare none when the first one did not: nobody's data opens for a later one's auditor", () => {
    const { chain } = startKeyed();
    expect(deploy(chain, DEVELOPMENT_CLUSTER, "later", KEY)).toBe("OtherAuditKey");
    expect(storageOf(chain).AuditKeys.has(DEVELOPMENT_CLUSTER)).toBe(false);
    expect(deploy(chain, DEVELOPMENT_CLUSTER, "plain")).toBeUndefined();
  });

  test("have an artefact that is refused when its audit key is no key, or was put in later", () => {
    const { chain } = startKeyed();
    const { upload_code } = chain.runtime.tx.PhalaPhatContracts;
    const good = new TextDecoder().decode(sampleArtefact("audited", 0, KEY));
    const added = new TextDecoder()
      .decode(sampleArtefact("audited"))
      .replace('"code":', `"audit":"0x${"11".repeat(32)}","code":`);
    for (const text of [good.replace(/"audit":"0x../, '"audit":"0x'), added])
      expect(chain.send(upload_code({ artefact: utf8(text) }), "//Bob").error).toBe(
        "InvalidArtefact",
      );
  });
});

/** A live cluster whose contracts are audited. */
function audited() {
  const live = startLive();
  storageOf(live.chain).AuditKeys.put(DEVELOPMENT_CLUSTER, KEY);
  return live;
}

function opening(chain: PhaChain, change: Partial<AuditOpening> = {}, salt = 0): AuditOpening {
  const name = {
    cluster: DEVELOPMENT_CLUSTER,
    generation: 1n,
    epoch: 1n,
    version: 0,
    auditKey: KEY,
  };
  const keys = {
    vetKey: new Uint8Array(48).fill(salt),
    newest: 0,
    stateKeys: new Uint8Array(32),
  };
  return { ...sealOpening(chain.genesisHash, name, keys)!, ...change };
}

function send(chain: PhaChain, boot: TestBoot, one: AuditOpening): string | undefined {
  return rejection(
    chain,
    chain.send(messageCall(chain, boot, TOPIC.audit, encode(AuditOpening, one))),
  );
}

const openingsOf = (chain: PhaChain) => storageOf(chain).AuditOpenings.get(DEVELOPMENT_CLUSTER);

describe("an opening", () => {
  test("is kept when a majority of the replicas sealed the same, with the former names of that time", () => {
    const { chain, workers } = audited();
    const own = opening(chain);
    expect(send(chain, workers[0], own)).toBeUndefined();
    expect(openingsOf(chain)).toEqual([]);
    // The same voice again is no majority, and neither is another word.
    expect(send(chain, workers[0], own)).toBeUndefined();
    expect(send(chain, workers[1], opening(chain, {}, 7))).toBeUndefined();
    expect(openingsOf(chain)).toEqual([]);
    expect(send(chain, workers[2], own)).toBeUndefined();
    expect(openingsOf(chain)).toEqual([{ opening: own, formers: [] }]);
  });

  test("takes the place of the one of the same name; the oldest of too many go", () => {
    const { chain, workers } = audited();
    const { AuditOpenings, Clusters } = storageOf(chain);
    const formers = [{ generation: 1n, epoch: 0n }];
    AuditOpenings.put(DEVELOPMENT_CLUSTER, [{ opening: opening(chain, {}, 9), formers }]);
    for (const boot of workers.slice(0, 2)) send(chain, boot, opening(chain));
    expect(openingsOf(chain)).toEqual([{ opening: opening(chain), formers }]);
    const many = Array.from({ length: MAX_OPENINGS }, (_, i) => ({
      opening: opening(chain, { epoch: BigInt(i) + 2n }),
      formers: [],
    }));
    AuditOpenings.put(DEVELOPMENT_CLUSTER, many);
    const record = Clusters.get(DEVELOPMENT_CLUSTER)!;
    Clusters.put(DEVELOPMENT_CLUSTER, { ...record, epoch: 99n });
    for (const boot of workers.slice(0, 2)) send(chain, boot, opening(chain, { epoch: 99n }));
    expect(openingsOf(chain)).toHaveLength(MAX_OPENINGS);
    expect(openingsOf(chain)[0]?.opening.epoch).toBe(3n);
    expect(openingsOf(chain).at(-1)?.opening.epoch).toBe(99n);
  });

  test.each<readonly [what: string, change: Partial<AuditOpening>, code: string]>([
    ["of a former name", { epoch: 0n }, "StaleEpoch"],
    ["of a name to come", { generation: 2n }, "StaleEpoch"],
    ["of another version of the state key", { version: 1 }, "StaleEpoch"],
    ["to a key that nobody declared", { auditKey: OTHER }, "OtherAuditKey"],
    ["of a cluster that does not exist", { cluster: KEY }, "UnknownCluster"],
  ])("%s is refused", (_, change, code) => {
    const { chain, workers } = audited();
    expect(send(chain, workers[0], opening(chain, change))).toBe(code);
  });

  test("is refused from who is no replica, of a cluster that nobody may audit, and malformed", () => {
    const { chain, workers } = audited();
    const stranger = testBoot(9);
    const plain = startLive();
    expect(send(plain.chain, plain.workers[0], opening(chain))).toBe("OtherAuditKey");
    expect(
      rejection(chain, chain.send(messageCall(chain, workers[0], TOPIC.audit, utf8("no")))),
    ).toBe("MalformedMessage");
    chain.send(registerCall(chain, stranger));
    expect(send(chain, stranger, opening(chain))).toBe("NotAssigned");
  });
});
