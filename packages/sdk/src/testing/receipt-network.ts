/** A command that ran on a chain of several sets of voters, and a node that has the proofs for its receipt. */
import {
  type BlockRef,
  Command,
  parseCid,
  ReadProof,
  STORAGE,
  StateStep,
  SyncBatch,
  SyncWarp,
  TOPIC,
} from "@pha/protocol";
import {
  CLUSTER,
  type CommandOptions,
  type LiveNetwork,
  liveNetwork,
  type SentCommand,
  voterSeed,
} from "@pha/pruntime/testing";
import { decode, encode, equalBytes, parseHex, toHex, vec } from "@pha/scale";
import { nodeProvider } from "../chain/provider.ts";
import type { makeReceipt, ReceiptInput } from "../receipt/make-receipt.ts";
import type { RpcTransport } from "../rpc/transport.ts";

export interface ReceiptNetwork {
  readonly network: LiveNetwork;
  readonly sent: SentCommand;
  readonly input: ReceiptInput;
  /** A node of the network. @param answers by method, before the honest ones */
  chain(answers?: Answers): Parameters<typeof makeReceipt>[0];
}

export type Answers = Readonly<Record<string, (params: readonly unknown[]) => unknown>>;

/** The command runs a block after the one that included it, the voters change before, between and after. */
export function receiptNetwork(
  options: {
    readonly beforeSending?: (network: LiveNetwork) => void;
    readonly auditKey?: Uint8Array;
    readonly snapshotSteps?: number;
    /** @default one that adds 7 */
    readonly command?: CommandOptions;
  } = {},
): ReceiptNetwork {
  const { beforeSending: _, command = { argument: 7 }, ...settings } = options;
  const network = liveNetwork({ fuelPerBlock: 1_000_000n, ...settings });
  const { chain, client } = network;
  const voters = (count: number) => Array.from({ length: count }, (_, i) => voterSeed(`${i}`));
  chain.addBlock({ nextVoters: voters(4) });
  network.blocks();
  options.beforeSending?.(network);
  // The block's fuel is used up by the first command, so that the second one waits.
  client.send();
  const sent = client.send(command);
  network.until(() => client.reply(sent) !== "waiting");
  chain.addBlock({ nextVoters: voters(3) });
  network.blocks(2);
  const { contract, commandId } = sent.command;
  const block = includingBlock(network, commandId);
  const { replySecret, ephemeralSecret } = sent;
  return {
    network,
    sent,
    input: { contract, cluster: CLUSTER, commandId, block, replySecret, ephemeralSecret },
    chain: (answers = {}) => chainOf(network, answers),
  };
}

function includingBlock({ chain }: LiveNetwork, commandId: Uint8Array): BlockRef {
  for (let number = chain.head.number; number > 0; number--) {
    // A value of more than 32 bytes is an entry of its own in a proof.
    const messages = (chain.proof(chain.ref(number), [STORAGE.outboundMessages.key]) ?? []).flatMap(
      (entry) => {
        const decoded = decode(STORAGE.outboundMessages.value, entry);
        return decoded.ok ? decoded.value : [];
      },
    );
    const isHere = messages.some(({ destination, payload }) => {
      const command = equalBytes(destination, TOPIC.command) ? decode(Command, payload) : undefined;
      return command?.ok === true && equalBytes(command.value.commandId, commandId);
    });
    if (isHere) return chain.ref(number);
  }
  throw new Error("no block holds the command");
}

function chainOf(network: LiveNetwork, answers: Answers): Parameters<typeof makeReceipt>[0] {
  const { chain, pallets } = network;
  const keyOf = (hex: unknown): Uint8Array => {
    const parsed = parseHex(String(hex));
    if (!parsed.ok) throw new Error("not hex");
    return parsed.value;
  };
  const honest: Answers = {
    pha_genesis: () => ({
      header: toHex(chain.genesisHeader),
      proof: toHex(encode(ReadProof, chain.genesisProof)),
    }),
    pha_syncWarp: ([after]) => toHex(encode(SyncWarp, chain.warp(Number(after)))),
    pha_finality: ([from, most]) => {
      const batch = chain.batch(Number(from), Number(most));
      return batch ? toHex(encode(SyncBatch, { ...batch, proofs: [] })) : null;
    },
    pha_syncBatch: ([from, most]) => {
      const batch = chain.batch(Number(from), Number(most));
      return batch ? toHex(encode(SyncBatch, batch)) : null;
    },
    pha_getBlob: ([cid]) => {
      const digest = parseCid(String(cid));
      const content = digest.ok ? network.blobs.get(toHex(digest.value)) : undefined;
      return content ? toHex(content) : null;
    },
    pha_clusterSteps: ([, from, most]) =>
      toHex(encode(vec(StateStep), pallets.steps.slice(Number(from), Number(from) + Number(most)))),
    state_getReadProof: ([keys, hash]) => {
      const wanted = keyOf(hash);
      for (let number = chain.head.number; number >= 0; number--) {
        const ref = chain.ref(number);
        if (!equalBytes(ref.hash, wanted)) continue;
        return { proof: chain.proof(ref, (keys as readonly unknown[]).map(keyOf))?.map(toHex) };
      }
      throw new Error("unknown block");
    },
  };
  const rpc: RpcTransport = {
    async request(method, params) {
      const answer = answers[method] ?? honest[method];
      if (answer === undefined) throw new Error(`nobody answers ${method}`);
      return answer(params);
    },
    subscribe: async () => () => undefined,
    close: () => undefined,
  };
  const provider = nodeProvider(rpc);
  const head = () => ({ ...chain.head, stateRoot: chain.header(chain.head.number).stateRoot });
  return {
    rpc,
    genesisHash: chain.genesisHash,
    finality: { head: head() } as never,
    async read({ key, value }, at = head()) {
      const stored = await provider.read(key, at);
      const decoded = stored && decode(value, stored);
      return decoded?.ok ? decoded.value : undefined;
    },
  };
}
