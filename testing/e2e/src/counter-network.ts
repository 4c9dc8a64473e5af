/** The sample counter of a devnet, as its users reach it. */
import type { DevnetFile } from "@pha/cli/devnet-file";
import { parseHex } from "@pha/scale";
import {
  type Client,
  type ContractHandle,
  createClient,
  createSession,
  getContract,
  type Signer,
} from "@pha/sdk";
import { WebSocket } from "ws";
import { counterEntries } from "./counter-entries.ts";
import { until } from "./start-devnet.ts";

export interface ConnectedCounter {
  readonly client: Client;
  readonly counter: ContractHandle;
}

export function hex(text: string): Uint8Array {
  const parsed = parseHex(text);
  if (!parsed.ok) throw new Error(`${text} is not hex`);
  return parsed.value;
}

/** @param reconnectMs 0: a connection that breaks stays broken */
export async function connectCounter(
  { rpc, workers, genesis, contracts }: DevnetFile,
  { reconnectMs = 0 }: { readonly reconnectMs?: number } = {},
): Promise<ConnectedCounter> {
  const client = await createClient({
    node: { url: rpc.ws, webSocket: WebSocket, reconnectMs, timeoutMs: 15_000 },
    workers: [workers[0]?.url ?? ""],
    allowSimulated: true,
    genesisHash: hex(genesis),
  });
  const address = hex(contracts.find(({ name }) => name === "counter")?.address ?? "");
  return { client, counter: getContract(client, { address, entries: counterEntries }) };
}

/** The account's counter as that many replicas tell it. */
async function counted(file: DevnetFile, signer: Signer, agree: number): Promise<bigint> {
  const { client, counter } = await connectCounter(file);
  try {
    const scopes = [{ contract: counter.address, methods: undefined }];
    const session = await createSession(client.chain, { signer, scopes });
    const { value } = await counter.query("value", {}, { session, agree });
    return value as bigint;
  } finally {
    client.close();
  }
}

/** Waits until that many replicas agree on a value for which the test holds. */
export async function agreed(
  file: DevnetFile,
  signer: Signer,
  agree: number,
  test: (value: bigint) => boolean = () => true,
): Promise<bigint> {
  let value = 0n;
  let why: unknown;
  await until(
    `${agree} replicas agree on the counter`,
    async () => {
      try {
        value = await counted(file, signer, agree);
        why = `it is ${value}`;
        return test(value);
      } catch (error) {
        // A replica restores its state, or a root is not final yet.
        why = error;
        return false;
      }
    },
    90_000,
  ).catch((error: unknown) => {
    throw new Error(`${error}: ${why}`);
  });
  return value;
}
