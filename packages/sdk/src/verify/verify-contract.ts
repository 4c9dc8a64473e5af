/**
 * The chain of trust from the genesis hash to a contract's state (design: "Trust chain, as the SDK shows it"). Each link
 * is a verdict with facts; nothing is taken from a server without a proof.
 */
import { type Cluster, type Contract, quorumOf, STORAGE } from "@pha/protocol";
import { toHex } from "@pha/scale";
import type { Chain } from "../chain/chain.ts";
import { networkLinks, openTrust, type TrustContext, type TrustOptions } from "./chain-links.ts";
import { branch, leaf, reportOf, type TrustNode, type TrustReport } from "./trust-tree.ts";
import { type AttestedWorker, workerLinks } from "./worker-links.ts";

/** Everything from the genesis hash to the contract's state root. */
export async function verifyContract(
  chain: Chain,
  contract: Uint8Array,
  options: TrustOptions = {},
): Promise<TrustReport> {
  return reportOf(await contractTree(await openTrust(chain, options), contract));
}

async function contractTree(trust: TrustContext, contract: Uint8Array): Promise<TrustNode> {
  const record = await trust.read({
    key: STORAGE.contract.key(contract),
    value: STORAGE.contract.value,
  });
  const cluster =
    record &&
    (await trust.read({ key: STORAGE.cluster.key(record.cluster), value: STORAGE.cluster.value }));
  const known = leaf(
    "contract",
    record !== undefined,
    record ? "The chain proves the contract's record." : "The chain has no such contract.",
    {
      contract: toHex(contract),
      ...(record && { codeHash: toHex(record.codeHash), owner: toHex(record.owner) }),
    },
  );
  return branch(
    "trust",
    "From the genesis hash to the contract's state.",
    [
      networkLinks(trust),
      known,
      ...(record && cluster ? await clusterLinks(trust, contract, record, cluster) : []),
    ],
    { contract: toHex(contract) },
  );
}

async function clusterLinks(
  trust: TrustContext,
  contract: Uint8Array,
  record: Contract,
  cluster: Cluster,
): Promise<readonly TrustNode[]> {
  const [workers, audit, rootKey, sealingKey, root] = await Promise.all([
    Promise.all(
      cluster.replicas.map(({ identity, boot }) => workerLinks(trust, "replica", identity, boot)),
    ),
    auditLeaf(trust, record),
    rootKeyLeaf(trust, cluster),
    sealingKeyLeaf(trust, contract, cluster),
    stateRootLeaf(trust, record),
  ]);
  const attested = workers.flatMap((one) => one.attested ?? []);
  return [
    clusterLeaf(record.cluster, cluster),
    exposureLeaf(cluster, attested),
    audit,
    branch(
      "replicas",
      "Each worker that holds the contract's keys.",
      workers.map(({ node }) => node),
    ),
    rootKey,
    sealingKey,
    root,
  ];
}

/** Who may be drawn, and what that means for the data. */
const CLASSES: Readonly<Record<Cluster["class"]["type"], string>> = {
  Endorsed:
    "Its replicas are of different operators, and it is proven where each of their machines stands.",
  Mixed: "Of the majority of its replicas it is proven where their machines stand.",
  Open: "Any attested worker may be a replica: nothing protects against who opens the machine.",
};

function clusterLeaf(id: Uint8Array, cluster: Cluster): TrustNode {
  const { replicas, replication, status } = cluster;
  return leaf(
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

/** Whether those who hold the keys are as the cluster's class promises: counted here, not believed. */
function exposureLeaf(cluster: Cluster, attested: readonly AttestedWorker[]): TrustNode {
  const replicas = cluster.replicas.length;
  const endorsed = attested.filter((one) => one.endorsed).length;
  const operators = new Set(attested.map(({ operator }) => toHex(operator))).size;
  const makers = new Set(attested.map(({ maker }) => maker)).size;
  const needed = { Endorsed: replicas, Mixed: quorumOf(replicas), Open: 0 }[cluster.class.type];
  const isPlaced = endorsed >= needed;
  const isSpread = cluster.class.type !== "Endorsed" || operators === replicas;
  const isCrossed = !cluster.crossVendor || makers >= 2;
  const says = !isPlaced
    ? "It is not proven of enough machines where they stand."
    : !isSpread
      ? "Two replicas are of one operator."
      : !isCrossed
        ? "All machines hang on one vendor's keys."
        : replicas === 1
          ? "One machine holds the keys: integrity rests on one TEE."
          : `The machines are of ${operators} operators and ${makers} vendors.`;
  return leaf("exposure", isPlaced && isSpread && isCrossed, says, {
    replicas,
    operators,
    vendors: makers,
    endorsed,
    needed,
  });
}

/** Whether somebody outside of the TEEs can open all of it. */
async function auditLeaf({ read }: TrustContext, { cluster }: Contract): Promise<TrustNode> {
  const { key, value } = STORAGE.auditKey;
  const auditKey = await read({ key: key(cluster), value });
  return leaf(
    "audit",
    true,
    auditKey
      ? "AUDITED: who holds the secret of this key can open every command, reply and entry of the cluster."
      : "The contracts declare no audit key: nobody outside of the replicas can open anything.",
    auditKey ? { auditKey: toHex(auditKey) } : {},
  );
}

/** Who holds the root that the cluster's keys hang on, and whether its shares leave memory. */
async function rootKeyLeaf({ read }: TrustContext, cluster: Cluster): Promise<TrustNode> {
  const { record: item } = STORAGE.generation;
  const [generation, sealed] = await Promise.all([
    read({ key: item.key(cluster.generation), value: item.value }),
    read(STORAGE.sealedShares),
  ]);
  const shares = sealed === true ? "sealed" : "memory";
  if (generation === undefined)
    return leaf("root-key", false, "No root key is active yet.", { shares });
  return leaf(
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

async function sealingKeyLeaf(
  { read }: TrustContext,
  contract: Uint8Array,
  cluster: Cluster,
): Promise<TrustNode> {
  const keys = await read({
    key: STORAGE.sealingKeys.key(contract),
    value: STORAGE.sealingKeys.value,
  });
  const key = keys?.at(-1);
  const needed = quorumOf(cluster.replicas.length);
  return leaf(
    "sealing-key",
    key !== undefined && key.signers >= needed,
    key
      ? "A majority of the replicas published this sealing key."
      : "The contract has no sealing key yet.",
    { signers: key?.signers ?? 0, needed, ...(key && { key: toHex(key.key) }) },
  );
}

async function stateRootLeaf({ read }: TrustContext, { cluster }: Contract): Promise<TrustNode> {
  const root = await read({ key: STORAGE.root.key(cluster), value: STORAGE.root.value });
  return leaf(
    "state-root",
    root !== undefined,
    root ? "The majority of the replicas voted this state root." : "No state root is final yet.",
    root ? { root: toHex(root.root), block: root.block.number } : {},
  );
}
