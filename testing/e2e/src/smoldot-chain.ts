/** A chain of unmodified smoldot: requests, and the adapters by which other libraries speak through it. */
import { ScProvider } from "@polkadot/api";
import type { Chain, Client } from "smoldot";

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly params?: { readonly result: FollowEvent };
}

interface FollowEvent {
  readonly event: string;
  readonly finalizedBlockHashes?: readonly string[];
  readonly prunedBlockHashes?: readonly string[];
}

export interface SmoldotChain {
  /** Result; rejects with smoldot's words. */
  call<T>(method: string, ...params: unknown[]): Promise<T>;
  /** Number of the finalized block. */
  finalized(): Promise<number>;
  best(): Promise<number>;
  /** Tells the hash of each block that becomes final, in order, the present one first. */
  followFinalized(onFinalized: (hash: string) => void): Promise<void>;
  remove(): void;
}

/** @param databaseContent of an earlier run: what was verified then */
export async function addChain(
  client: Client,
  chainSpec: string,
  databaseContent?: string,
): Promise<SmoldotChain> {
  const chain: Chain = await client.addChain({
    chainSpec,
    ...(databaseContent === undefined ? {} : { databaseContent }),
  });
  const answers = new Map<number, (message: Message) => void>();
  let nextId = 1;
  let onFollow: (event: FollowEvent) => void = () => {};
  void listen(chain, (text) => {
    const message: Message = JSON.parse(text);
    if (message.id === undefined) {
      if (message.params) onFollow(message.params.result);
      return;
    }
    answers.get(message.id)?.(message);
    answers.delete(message.id);
  });
  const call = async <T>(method: string, ...params: unknown[]): Promise<T> => {
    const id = nextId++;
    const answer = new Promise<Message>((resolve) => answers.set(id, resolve));
    chain.sendJsonRpc(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    // Of the method's own type.
    return result as T;
  };
  const numberOf = async (hash: string): Promise<number> =>
    Number((await call<{ number: string }>("chain_getHeader", hash)).number);
  return {
    call,
    finalized: async () => numberOf(await call("chain_getFinalizedHead")),
    best: async () => numberOf(await call("chain_getBlockHash")),
    async followFinalized(onFinalized) {
      const early: FollowEvent[] = [];
      onFollow = (event) => early.push(event);
      const id = await call<string>("chainHead_v1_follow", false);
      onFollow = ({ event, finalizedBlockHashes = [], prunedBlockHashes = [] }) => {
        if (event === "stop") throw new Error("smoldot ended the subscription");
        for (const hash of finalizedBlockHashes) onFinalized(hash);
        const done = [...finalizedBlockHashes.slice(0, -1), ...prunedBlockHashes];
        if (done.length > 0) void call("chainHead_v1_unpin", id, done);
      };
      for (const event of early) onFollow(event);
    },
    remove: () => chain.remove(),
  };
}

/** `@polkadot/api`'s own provider for light clients, over this smoldot instead of `@substrate/connect`. */
export function polkadotProvider(client: Client, chainSpec: string): ScProvider {
  const connect = {
    WellKnownChain: {},
    createScClient: () => ({
      addChain: async (spec: string, onResponse: (text: string) => void) => {
        const chain = await client.addChain({ chainSpec: spec });
        void listen(chain, onResponse);
        return { sendJsonRpc: chain.sendJsonRpc.bind(chain), remove: () => chain.remove() };
      },
    }),
  };
  // The part of `@substrate/connect` that the provider uses.
  return new ScProvider(connect as never, chainSpec);
}

/** Until the chain is removed. */
async function listen(chain: Chain, onMessage: (text: string) => void): Promise<void> {
  try {
    for await (const text of chain.jsonRpcResponses) onMessage(text);
  } catch {
    // Its end, or the client's.
  }
}

/** Asks until the answer fits. */
export async function until<T>(
  ask: () => Promise<T> | T,
  fits: (answer: T) => boolean,
  everyMs = 50,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (fits(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
