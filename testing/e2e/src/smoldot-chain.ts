/** A chain of unmodified smoldot: requests, and the adapters by which other libraries speak through it. */
import { toHex } from "@pha/scale";
import { ScProvider } from "@polkadot/api";
import type { Chain, Client } from "smoldot";

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
  readonly params?: { readonly subscription: string; readonly result: unknown };
}

export interface SmoldotChain {
  /** Result; rejects with smoldot's words. */
  call<T>(method: string, ...params: unknown[]): Promise<T>;
  /** Number of the finalized block. */
  finalized(): Promise<number>;
  best(): Promise<number>;
  /** Name of the subscription that the method makes; its events are of the method's own type. */
  subscribe<T>(onEvent: (event: T) => void, method: string, ...params: unknown[]): Promise<string>;
  /** Gives a transaction to the network; hash of the block in which it is final. Rejects when it is dropped. */
  submit(extrinsic: Uint8Array): Promise<string>;
  remove(): void;
}

interface TransactionEvent {
  readonly event: string;
  readonly error?: string;
  readonly block?: { readonly hash: string };
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
  const listeners = new Map<string, (event: never) => void>();
  /** Events that came before whoever subscribed knew the name of the subscription. */
  const early: NonNullable<Message["params"]>[] = [];
  const tell = (event: NonNullable<Message["params"]>): void => {
    const listener = listeners.get(event.subscription);
    if (listener) listener(event.result as never);
    else early.push(event);
  };
  void listen(chain, (text) => {
    const message: Message = JSON.parse(text);
    if (message.id === undefined) {
      if (message.params) tell(message.params);
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
  const subscribe: SmoldotChain["subscribe"] = async (onEvent, method, ...params) => {
    const id = await call<string>(method, ...params);
    listeners.set(id, onEvent);
    for (const event of early.splice(0)) tell(event);
    return id;
  };
  const numberOf = async (hash: string): Promise<number> =>
    Number((await call<{ number: string }>("chain_getHeader", hash)).number);
  return {
    call,
    finalized: async () => numberOf(await call("chain_getFinalizedHead")),
    best: async () => numberOf(await call("chain_getBlockHash")),
    subscribe,
    submit: (extrinsic) =>
      new Promise((resolve, reject) => {
        const onEvent = ({ event, error, block }: TransactionEvent): void => {
          if (event === "finalized" && block) resolve(block.hash);
          if (error !== undefined) reject(new Error(`the transaction is ${event}: ${error}`));
        };
        const method = "transactionWatch_v1_submitAndWatch";
        subscribe(onEvent, method, toHex(extrinsic)).catch(reject);
      }),
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
