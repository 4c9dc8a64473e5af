/** `pha status`: what the network does now, every figure proven under a verified header. */
import { STORAGE } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { openNetwork } from "../program/network.ts";

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
      const unique = [...new Map(boots.map((boot) => [toHex(boot.boot), boot])).values()];
      output.result(
        {
          genesis: chain.genesisHash,
          finalized: { number: head.number, hash: head.hash },
          generation: generation ?? 0n,
          shares,
          workers: unique.map(({ name, role, provider, boot }) => ({ name, role, provider, boot })),
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
          ...contracts.map(({ name, address }) => `contract    ${name.padEnd(14)} ${address}`),
        ],
      );
    } finally {
      client.close();
    }
  },
};
