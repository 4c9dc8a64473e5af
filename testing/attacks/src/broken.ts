/** What an attacker makes of machines that it has broken: shares, keys, and what they open. */
import {
  collectKeyShares,
  encryptKeyShare,
  openEncryptedKey,
  type TransportKeypair,
  transportKeypair,
} from "@pha/crypto";
import {
  type Command,
  type CommandBody,
  deriveSealingSecret,
  type Generation,
  KeyRelease,
  type KeyRequest,
  keyIdentity,
  openCommand,
  TOPIC,
} from "@pha/protocol";
import {
  COUNTER,
  type LiveNetwork,
  SealedContent,
  type SealedShare,
  type SentCommand,
} from "@pha/pruntime/testing";
import { decode, equalBytes } from "@pha/scale";

type Host = LiveNetwork["hosts"][number];

/** Name of a key, as its request has it. */
export type Named = Pick<KeyRequest, "purpose" | "cluster" | "generation" | "epoch">;

/** What a machine has sealed last, read by whoever broke its CPU. */
export function sealedOf({ sealed }: Pick<Host, "sealed">): SealedContent {
  const content = sealed && decode(SealedContent, sealed);
  if (!content?.ok) throw new Error("a machine seals when it starts");
  return content.value;
}

/** Key that shares make together under a generation's root; absent when they do not. */
export function keyFrom(
  genesisHash: Uint8Array,
  generation: Generation,
  shares: readonly SealedShare[],
  name: Named,
): Uint8Array | undefined {
  const transport = transportKeypair(new Uint8Array(32).fill(66));
  const identity = keyIdentity({ genesisHash, ...name });
  const encrypted = shares.flatMap(({ seat, share }) => {
    const made = encryptKeyShare({
      share,
      rootPublicKey: generation.root,
      identity,
      transportPublicKey: transport.publicKey,
      entropy32: new Uint8Array(32).fill(seat),
    });
    return made.ok ? [{ index: seat, share: made.value }] : [];
  });
  return opened(genesisHash, generation, encrypted, transport, name);
}

/** Key that releases, as they are on chain, make for whoever has the secret that they are encrypted to. */
export function keyFromReleases(
  genesisHash: Uint8Array,
  generation: Generation,
  releases: readonly KeyRelease[],
  transport: TransportKeypair,
): Uint8Array | undefined {
  const own = releases.filter(({ transportKey }) => equalBytes(transportKey, transport.publicKey));
  const [name] = own;
  const shares = own.map(({ seat, c1, c2, c3 }) => ({ index: seat, share: { c1, c2, c3 } }));
  return name && opened(genesisHash, generation, shares, transport, name);
}

function opened(
  genesisHash: Uint8Array,
  { root, sharePublicKeys, threshold: t }: Generation,
  shares: Parameters<typeof collectKeyShares>[0]["shares"],
  transport: TransportKeypair,
  { purpose, cluster, generation, epoch }: Named,
): Uint8Array | undefined {
  const identity = keyIdentity({ genesisHash, purpose, cluster, generation, epoch });
  const named = { rootPublicKey: root, identity };
  const transportPublicKey = transport.publicKey;
  const collected = collectKeyShares({ ...named, shares, t, sharePublicKeys, transportPublicKey });
  if (!collected.ok) return undefined;
  const transportSecret = transport.secret;
  const key = openEncryptedKey({ ...named, encrypted: collected.value, transportSecret });
  return key.ok ? key.value : undefined;
}

/** All releases that these gatekeepers sent since they started. */
export function releasesOf(gatekeepers: readonly Host[]): readonly KeyRelease[] {
  return gatekeepers.flatMap(({ recorded }) =>
    recorded.flatMap(({ outputs }) =>
      outputs.flatMap((output) => {
        if (output.type !== "message") return [];
        const { destination, payload } = output.message.message;
        if (!equalBytes(destination, TOPIC.keyRelease)) return [];
        const release = decode(KeyRelease, payload);
        return release.ok ? [release.value] : [];
      }),
    ),
  );
}

/** What a command says, for whoever has a cluster's key. */
export function readWith(
  genesisHash: Uint8Array,
  command: Command,
  vetKey: Uint8Array,
): CommandBody | undefined {
  const sealingSecret = deriveSealingSecret(vetKey, command.contract);
  const read = openCommand({ genesisHash, command, sealingSecret });
  return read.ok ? read.value : undefined;
}

/** Whether a key opens what a client of the network sent. */
export function opens(
  { chain }: Pick<LiveNetwork, "chain">,
  { command }: SentCommand,
  vetKey: Uint8Array | undefined,
): boolean {
  const body = vetKey && readWith(chain.genesisHash, command, vetKey);
  return body !== undefined && equalBytes(body.selector, COUNTER.add);
}

/** Name of the development cluster's key. */
export function clusterKey(cluster: Uint8Array, generation: bigint, epoch = 1n): Named {
  return { purpose: { type: "Cluster", value: undefined }, cluster, generation, epoch };
}
