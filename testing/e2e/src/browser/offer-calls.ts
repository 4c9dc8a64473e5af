/** What a page offers that uses the SDK as an application would; the scenario calls it and gets plain data back. */
import { fromHex, PhaError, toHex } from "@pha/scale";
import {
  type Client,
  type ClientOptions,
  type ContractHandle,
  createClient,
  createSession,
  devSigner,
  getContract,
  openQuerySession,
  parseAddress,
  type Session,
} from "@pha/sdk";
import { counterEntries as entries } from "../counter-entries.ts";
import { plain } from "./plain.ts";

export interface PageOptions {
  /** Address of a node, or the chain spec of a light client. */
  readonly node: string;
  readonly workers: readonly string[];
  readonly genesis: string;
  readonly counter: string;
  readonly allowSimulated?: boolean;
}

/** What a call gave, or the code of what it threw. */
export type Outcome<T> = { readonly value: T } | { readonly code: string };

/** Key of what the page keeps over reloads. */
const MEMORY_KEY = "pha-seen";

function connected(client: Client, session: Session, handle: ContractHandle) {
  const { chain } = client;
  return {
    head: () => ({ number: chain.finality.head.number, genesis: toHex(chain.genesisHash) }),
    verify: () =>
      client.verify(handle.address).then(({ ok, simulated, verdicts }) => ({
        ok,
        simulated,
        links: verdicts.map(({ link, ok: holds }) => ({ link, holds })),
      })),
    add: async (n: number) => {
      const stages: string[] = [];
      const receipt = await handle.command(
        "add",
        { n: BigInt(n) },
        {
          signer: devSigner("Alice"),
          until: "final",
          onProgress: ({ stage }) => stages.push(stage),
        },
      );
      return { value: String(receipt.value), sealed: toHex(receipt.sealed), stages };
    },
    ask: async (name: "value" | "total", who: "owner" | "nobody") =>
      String((await handle.query(name, {}, who === "owner" ? { session } : {})).value),
    /** Two queries over one WebSocket to the worker. */
    askInSession: async () => {
      const queries = await openQuerySession(client, { address: handle.address, entries, session });
      const values = [await queries.query("value", {}), await queries.query("total", {})];
      queries.close();
      return values.map(({ value }) => String(value));
    },
    /** An account's record, proven under the block that is named. */
    account: async (address: string) => {
      const account = parseAddress(address);
      const item = chain.metadata.storage("System", "Account");
      if (!account.ok || item === undefined) throw new Error("no such account");
      const at = chain.finality.head;
      const record = await chain.read({ key: item.key(account.value), value: item.value }, at);
      return { block: at.number, record: JSON.stringify(record, plain) };
    },
    waitFor: async (blocks: number) => {
      const { number } = chain.finality.head;
      return (await chain.finality.reach(number + blocks, 20_000)).number;
    },
    close: () => Promise.resolve(client.close()),
  };
}

export type Connected = ReturnType<typeof connected>;

async function connect(
  node: ClientOptions["node"],
  options: PageOptions,
): Promise<readonly [number, Connected]> {
  const client = await createClient({
    node,
    workers: options.workers,
    genesisHash: fromHex(options.genesis),
    memory: {
      load: () => localStorage.getItem(MEMORY_KEY) ?? undefined,
      save: (text) => localStorage.setItem(MEMORY_KEY, text),
    },
    ...(options.allowSimulated !== undefined && { allowSimulated: options.allowSimulated }),
  });
  const address = fromHex(options.counter);
  const session = await createSession(client.chain, {
    signer: devSigner("Alice"),
    scopes: [{ contract: address, methods: undefined }],
  });
  return [
    client.chain.finality.head.number,
    connected(client, session, getContract(client, { address, entries })),
  ];
}

async function outcomeOf<T>(promise: Promise<T> | T): Promise<Outcome<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    if (error instanceof PhaError) return { code: error.code };
    throw error;
  }
}

export interface SdkPage {
  connect(options: PageOptions): Promise<Outcome<number>>;
  call(name: keyof Connected, args: readonly unknown[]): Promise<Outcome<unknown>>;
}

/** @param reach how this page comes to its chain */
export function offerCalls(
  reach: (node: string) => ClientOptions["node"] | Promise<ClientOptions["node"]>,
): void {
  let current: Connected | undefined;
  const sdkPage: SdkPage = {
    connect: (options) =>
      outcomeOf(
        (async () => {
          const [head, made] = await connect(await reach(options.node), options);
          current = made;
          return head;
        })(),
      ),
    call: async (name, args) => {
      if (current === undefined) throw new Error("not connected");
      const member: (...given: never[]) => unknown = current[name];
      return outcomeOf(Promise.resolve(member(...(args as never[]))));
    },
  };
  Object.assign(globalThis, { sdkPage });
}
