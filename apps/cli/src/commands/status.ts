/** `pha status`: what the network does now, every figure proven under a verified header. */
import { STORAGE } from "@pha/protocol";
import { fromHex, toHex } from "@pha/scale";
import type { Client } from "@pha/sdk";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { openNetwork } from "../program/network.ts";

/** Clusters of these contracts, each once, as the chain proves them. */
async function clustersOf(client: Client, addresses: readonly string[]) {
  const ids = new Map<string, Uint8Array>();
  for (const address of addresses) {
    const cluster = await client.clusterOf(fromHex(address));
    ids.set(toHex(cluster), cluster);
  }
  const records = await Promise.all(
    [...ids].map(async ([id, cluster]) => {
      const { key, value } = STORAGE.cluster;
      const record = await client.chain.read({ key: key(cluster), value });
      return record === undefined
        ? []
        : [
            {
              id,
              status: record.status.type,
              class: record.class.type,
              crossVendor: record.crossVendor,
              replicas: record.replicas.length,
              wanted: record.replication,
              generation: record.generation,
              epoch: record.epoch,
            },
          ];
    }),
  );
  return records.flat();
}

export const status: CommandDeclaration = {
  usage: "status",
  docs: "Shows head, workers, gatekeepers' root and contracts of the network.",
  examples: ["pha status", "pha status --json", "pha status --url ws://127.0.0.1:9944"],
  options: networkOptions,
  async run({ options, output }) {
    const { client, devnet } = await openNetwork(options);
    try {
      const { chain, workers } = client;
      const { head } = chain.finality;
      const generation = await chain.read({
        key: STORAGE.generation.current.key,
        value: STORAGE.generation.current.value,
      });
      const sealed = await chain.read({
        key: STORAGE.sealedShares.key,
        value: STORAGE.sealedShares.value,
      });
      const shares = sealed === true ? "sealed" : "memory";
      const boots = (
        await Promise.all(workers.map((worker) => worker.info().catch(() => [])))
      ).flat();
      const contracts = devnet?.contracts ?? [];
      const clusters = await clustersOf(
        client,
        contracts.map(({ address }) => address),
      );
      const unique = [...new Map(boots.map((boot) => [toHex(boot.boot), boot])).values()];
      output.result(
        {
          genesis: chain.genesisHash,
          finalized: { number: head.number, hash: head.hash },
          generation: generation ?? 0n,
          shares,
          workers: unique.map(({ name, role, provider, boot }) => ({ name, role, provider, boot })),
          clusters,
          contracts,
        },
        [
          `network     ${toHex(chain.genesisHash)}`,
          `finalized   #${head.number} ${toHex(head.hash)} (verified here)`,
          `root key    generation ${generation ?? 0n}, shares ${shares === "sealed" ? "sealed on disk" : "in memory only"}`,
          ...unique.map(
            ({ name, role, provider, boot }) =>
              `${role.toLowerCase().padEnd(11)} ${name.padEnd(14)} boot ${toHex(boot).slice(0, 18)}…  ${provider.toUpperCase()}`,
          ),
          ...clusters.map(
            ({
              id,
              status: state,
              class: kind,
              crossVendor,
              replicas,
              wanted,
              generation,
              epoch,
            }) =>
              `cluster     ${id.slice(-4).padEnd(14)} ${state.toUpperCase()}  ${kind.toLowerCase()}${crossVendor ? ", cross-vendor" : ""}, ${replicas} of ${wanted} replicas, keys (${generation}, ${epoch})`,
          ),
          ...contracts.map(({ name, address }) => `contract    ${name.padEnd(14)} ${address}`),
        ],
      );
    } finally {
      client.close();
    }
  },
};
