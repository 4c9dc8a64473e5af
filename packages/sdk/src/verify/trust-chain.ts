/**
 * The chain of trust from the genesis hash to a contract's answers, link by link (design: "Trust chain, as the SDK
 * shows it"). Each link is a verdict with facts; nothing is taken from a server without a proof.
 */
import { verifyEvidence } from "@pha/attestation";
import {
  type Cluster,
  type Contract,
  quorumOf,
  type Replica,
  registrationReportData,
  STORAGE,
} from "@pha/protocol";
import { equalBytes, toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";

export interface Verdict {
  /** Stable name of the link, such as `finality` or `replica/evidence`. */
  readonly link: string;
  readonly ok: boolean;
  /** One plain sentence. */
  readonly says: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

export interface TrustReport {
  readonly contract: Uint8Array;
  readonly verdicts: readonly Verdict[];
  readonly ok: boolean;
  /** True when any replica's evidence is simulated: then nothing protects the data. */
  readonly simulated: boolean;
}

export async function verifyContract(chain: Chain, contract: Uint8Array): Promise<TrustReport> {
  const verdicts: Verdict[] = [];
  const add = (link: string, ok: boolean, says: string, facts: Verdict["facts"] = {}): void => {
    verdicts.push({ link, ok, says, facts });
  };
  const { head } = chain.finality;
  add("genesis", true, "The network is named by its genesis hash.", {
    genesis: toHex(chain.genesisHash),
  });
  add(
    "finality",
    true,
    `This program checked GRANDPA finality from block ${chain.finality.trusted} to this block itself.`,
    {
      block: head.number,
      hash: toHex(head.hash),
    },
  );
  const record = await chain.read(
    { key: STORAGE.contract.key(contract), value: STORAGE.contract.value },
    head,
  );
  const cluster =
    record &&
    (await chain.read(
      { key: STORAGE.cluster.key(record.cluster), value: STORAGE.cluster.value },
      head,
    ));
  add(
    "contract",
    record !== undefined,
    record ? "The chain proves the contract's record." : "The chain has no such contract.",
    {
      contract: toHex(contract),
      ...(record && { codeHash: toHex(record.codeHash), owner: toHex(record.owner) }),
    },
  );
  let simulated = false;
  if (record && cluster) {
    addCluster(add, record.cluster, cluster);
    for (const replica of cluster.replicas)
      simulated = (await addReplica(chain, add, replica)) || simulated;
    await addRootKey(chain, add, cluster);
    await addKeysAndRoot(chain, add, contract, record, cluster);
  }
  return { contract, verdicts, ok: verdicts.every(({ ok }) => ok), simulated };
}

type Add = (link: string, ok: boolean, says: string, facts?: Verdict["facts"]) => void;

/** Who may be drawn, and what that means for the data. */
const CLASSES: Readonly<Record<Cluster["class"]["type"], string>> = {
  Endorsed:
    "Its replicas are of different operators, and it is proven where each of their machines stands.",
  Mixed: "Of the majority of its replicas it is proven where their machines stand.",
  Open: "Any attested worker may be a replica: nothing protects against who opens the machine.",
};

function addCluster(add: Add, id: Uint8Array, cluster: Cluster): void {
  const { replicas, replication, status } = cluster;
  add(
    "cluster",
    status.type === "Live" && replicas.length > 0,
    `The cluster is ${status.type.toLowerCase()}. ${CLASSES[cluster.class.type]}`,
    {
      cluster: toHex(id),
      class: cluster.class.type,
      crossVendor: cluster.crossVendor,
      replicas: replicas.length,
      wanted: replication,
      quorum: quorumOf(replicas.length),
      generation: Number(cluster.generation),
      epoch: Number(cluster.epoch),
    },
  );
}

/** Who holds the root that the cluster's keys hang on, and whether its shares leave memory. */
async function addRootKey(chain: Chain, add: Add, cluster: Cluster): Promise<void> {
  const { head } = chain.finality;
  const { record: item } = STORAGE.generation;
  const [generation, sealed] = await Promise.all([
    chain.read({ key: item.key(cluster.generation), value: item.value }, head),
    chain.read({ key: STORAGE.sealedShares.key, value: STORAGE.sealedShares.value }, head),
  ]);
  const shares = sealed === true ? "sealed" : "memory";
  if (generation === undefined) {
    add("root-key", false, "No root key is active yet.", { shares });
    return;
  }
  add(
    "root-key",
    true,
    sealed === true
      ? "Gatekeepers keep shares of the root on disk, sealed: they survive a power loss, and copied disks outlive erasure."
      : "Gatekeepers keep shares of the root in memory only.",
    {
      generation: Number(generation.generation),
      threshold: generation.threshold,
      seats: generation.seats.length,
      shares,
    },
  );
}

/** Verifies one replica's evidence again, here, against the chain's root and allow-list. */
async function addReplica(chain: Chain, add: Add, replica: Replica): Promise<boolean> {
  const { head } = chain.finality;
  const facts = { identity: toHex(replica.identity), boot: toHex(replica.boot) };
  const [boot, evidence, root, now] = await Promise.all([
    chain.read({ key: STORAGE.boot.key(replica.identity), value: STORAGE.boot.value }, head),
    chain.read(
      { key: STORAGE.evidence.key(replica.identity), value: STORAGE.evidence.value },
      head,
    ),
    chain.read({ key: STORAGE.simulatedRoot.key, value: STORAGE.simulatedRoot.value }, head),
    chain.read({ key: STORAGE.now.key, value: STORAGE.now.value }, head),
  ]);
  if (boot === undefined || evidence === undefined) {
    add("replica/registered", false, "The chain has no registration of this replica.", facts);
    return false;
  }
  const current = equalBytes(boot.registration.boot, replica.boot);
  add(
    "replica/registered",
    current,
    current
      ? "The replica's boot is the one registered on chain."
      : "A newer boot displaced this one.",
    { ...facts, displaced: !current },
  );
  const verified = verifyEvidence({
    bytes: evidence,
    simulatedRoot: root,
    now: now ?? 0n,
    expectedReportData: registrationReportData(boot.registration),
  });
  if (!verified.ok) {
    add("replica/evidence", false, `The evidence does not verify: ${verified.error.code}.`, facts);
    return false;
  }
  const { teeClass, measurement, svn, debug } = verified.value;
  const isSimulated = teeClass === "simulated";
  add(
    "replica/evidence",
    !debug,
    isSimulated
      ? "SIMULATED evidence: it verifies, and it protects nothing."
      : "The evidence binds the boot's keys to a genuine TEE.",
    { ...facts, teeClass, svn, debug },
  );
  const since = await chain.read(
    { key: STORAGE.measurement.key(measurement), value: STORAGE.measurement.value },
    head,
  );
  const allowed = since !== undefined && since <= head.number;
  add(
    "replica/measurement",
    allowed,
    allowed ? "Governance allows the program that runs." : "The program that runs is not allowed.",
    { measurement: toHex(measurement), ...(since !== undefined && { since }) },
  );
  return isSimulated;
}

async function addKeysAndRoot(
  chain: Chain,
  add: Add,
  contract: Uint8Array,
  record: Contract,
  cluster: Cluster,
): Promise<void> {
  const { head } = chain.finality;
  const keys = await chain.read(
    { key: STORAGE.sealingKeys.key(contract), value: STORAGE.sealingKeys.value },
    head,
  );
  const key = keys?.at(-1);
  const needed = quorumOf(cluster.replicas.length);
  add(
    "sealing-key",
    key !== undefined && key.signers >= needed,
    key
      ? "A majority of the replicas published this sealing key."
      : "The contract has no sealing key yet.",
    { signers: key?.signers ?? 0, needed, ...(key && { key: toHex(key.key) }) },
  );
  const root = await chain.read(
    { key: STORAGE.root.key(record.cluster), value: STORAGE.root.value },
    head,
  );
  add(
    "state-root",
    root !== undefined,
    root ? "The majority of the replicas voted this state root." : "No state root is final yet.",
    root ? { root: toHex(root.root), block: root.block.number } : {},
  );
}
