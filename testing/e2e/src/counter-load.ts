/** Accounts that add one to their counters without pause, each as soon as it has its reply; failures are part of it. */
import type { DevnetFile } from "@pha/cli/devnet-file";
import { type Client, DEV_NAMES, devSigner, type Signer } from "@pha/sdk";
import { connectCounter } from "./counter-network.ts";

export interface CounterLoad {
  readonly signers: readonly Signer[];
  /** Commands that had their replies, over all accounts. */
  acknowledged(): number;
  /** What each account was told its counter is, in order of arrival. */
  replies(signer: Signer): readonly bigint[];
  /** Commands sent and not yet answered. */
  underWay(): number;
  /** Newest finalized block that the client has verified. */
  head(): number;
  /** Hash of a block that the client saw final. */
  finalized(number: number): Uint8Array | undefined;
  readonly client: Client;
  /** Sends nothing more, waits for what is under way. */
  stop(): Promise<void>;
}

/** A reply may be lost with the host that kept it: the account goes on after so long. */
const REPLY_TIMEOUT_MS = 8_000;
const PAUSE_MS = 100;

export async function startLoad(file: DevnetFile): Promise<CounterLoad> {
  const { client, counter } = await connectCounter(file, { reconnectMs: 100 });
  const signers = DEV_NAMES.map(devSigner);
  const replies = new Map(signers.map(({ address }) => [address, [] as bigint[]]));
  let underWay = 0;
  let isStopped = false;

  async function send(signer: Signer): Promise<void> {
    while (!isStopped) {
      underWay++;
      try {
        const options = { signer, timeoutMs: REPLY_TIMEOUT_MS };
        const { value } = await counter.command("add", { n: 1n }, options);
        replies.get(signer.address)?.push(value as bigint);
      } catch {
        // What became of it, the chain will tell.
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      } finally {
        underWay--;
      }
    }
  }
  const all = Promise.all(signers.map(send));
  return {
    signers,
    acknowledged: () => [...replies.values()].reduce((sum, { length }) => sum + length, 0),
    replies: ({ address }) => replies.get(address) ?? [],
    underWay: () => underWay,
    head: () => client.chain.finality.head.number,
    finalized: (number) => client.chain.finality.block(number)?.hash,
    client,
    async stop() {
      isStopped = true;
      await all;
    },
  };
}
