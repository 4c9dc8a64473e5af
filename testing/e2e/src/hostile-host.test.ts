/**
 * Servers that lie: everything between a client and the TEEs may replay, swap, change, hold back or invent. The client
 * refuses with a code each time, and its memory outlives it.
 */
import { QueryResponse } from "@pha/protocol";
import { type CodecType, decode, encode, PhaError, parseHex, toHex } from "@pha/scale";
import {
  type Client,
  type ContractHandle,
  createClient,
  createSession,
  devSigner,
  getContract,
  type RootMemoryStore,
  type Session,
} from "@pha/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { counterEntries as entries } from "./counter-entries.ts";
import {
  type HttpExchange,
  type NodeProxy,
  startNodeProxy,
  startWorkerProxy,
  type WorkerProxy,
} from "./hostile-proxy.ts";
import { type DevnetProcess, startDevnet, until } from "./start-devnet.ts";

let devnet: DevnetProcess;
let node: NodeProxy;
/** Between the node and clients of their own: one that was lied to trusts its node no more. */
let liar: NodeProxy;
let worker: WorkerProxy;
let client: Client;
let counter: ContractHandle;
let alice: Session;
let kept: string | undefined;
const memory: RootMemoryStore = {
  load: () => kept,
  save: (text) => {
    kept = text;
  },
};

beforeAll(async () => {
  devnet = await startDevnet();
  node = await startNodeProxy(devnet.file.rpc.ws);
  liar = await startNodeProxy(devnet.file.rpc.ws);
  worker = await startWorkerProxy(devnet.file.workers[0]?.url ?? "");
  client = await connect();
  counter = counterOf(client);
  await counter.command("add", { n: 5n }, { signer: devSigner("Alice") });
  alice = await createSession(client.chain, { signer: devSigner("Alice"), scopes: scopes() });
  await until("the command's state is final", async () => (await ask()) === 5n);
});

afterAll(async () => {
  client?.close();
  await node?.stop();
  await liar?.stop();
  await worker?.stop();
  await devnet?.cleanUp();
});

afterEach(() => {
  liar.change = undefined;
  worker.change = undefined;
});

function hex(text: string): Uint8Array {
  const parsed = parseHex(text);
  if (!parsed.ok) throw new Error(`${text} is not hex`);
  return parsed.value;
}

function connect(): Promise<Client> {
  return connectTo(node);
}

function connectTo(proxy: NodeProxy, genesis = hex(devnet.file.genesis)): Promise<Client> {
  return createClient({
    node: { url: proxy.url, webSocket: WebSocket, reconnectMs: 0 },
    workers: [worker.url],
    allowSimulated: true,
    genesisHash: genesis,
    memory,
  });
}

function address(): Uint8Array {
  return hex(devnet.file.contracts.find(({ name }) => name === "counter")?.address ?? "");
}

function scopes(): { contract: Uint8Array; methods: undefined }[] {
  return [{ contract: address(), methods: undefined }];
}

function counterOf(of: Client): ContractHandle {
  return getContract(of, { address: address(), entries });
}

async function ask(session: Session | undefined = alice, of = counter): Promise<unknown> {
  const { value } = await of.query("value", {}, session ? { session } : {});
  return value;
}

/** Code of the error that the promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof PhaError) return error.code;
    throw error;
  }
  return "accepted";
}

const isQuery = ({ path }: HttpExchange): boolean => path === "/v1/query";

function responseOf(exchange: HttpExchange): CodecType<typeof QueryResponse> {
  const decoded = decode(QueryResponse, exchange.response);
  if (!decoded.ok) throw new Error("the host's answer is no QueryResponse");
  return decoded.value;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe("a worker host that lies", () => {
  test("is believed while it tells the truth", async () => {
    expect(await ask()).toBe(5n);
  });

  test("cannot replay an answer to another request", async () => {
    await ask();
    const old = worker.exchanges.findLast(isQuery)?.response;
    expect(old).toBeDefined();
    worker.change = (exchange) => (isQuery(exchange) ? old : undefined);
    expect(await codeOf(ask())).toBe("answer/not-opened");
  });

  test("cannot swap the answers of two requests", async () => {
    await ask();
    const first = worker.exchanges.findLast(isQuery)?.response;
    await ask(undefined);
    const second = worker.exchanges.findLast(isQuery)?.response;
    let turn = 0;
    worker.change = (exchange) => (isQuery(exchange) ? (turn++ % 2 ? first : second) : undefined);
    const codes = await Promise.all([codeOf(ask()), codeOf(ask(undefined))]);
    expect(codes).toEqual(["answer/not-opened", "answer/not-opened"]);
  });

  test("cannot change a byte of the answer", async () => {
    for (const part of ["nonce", "ciphertext"] as const) {
      worker.change = (exchange) => {
        if (!isQuery(exchange)) return undefined;
        const response = responseOf(exchange);
        const sealed = { ...response.sealed, [part]: flipped(response.sealed[part], 3) };
        return encode(QueryResponse, { ...response, sealed });
      };
      expect(await codeOf(ask()), part).toBe("answer/not-opened");
    }
    worker.change = (exchange) =>
      isQuery(exchange) ? exchange.response.subarray(0, exchange.response.length - 7) : undefined;
    expect(await codeOf(ask())).toBe("worker/malformed");
  });

  test("cannot prove with other bytes, with less, or with another block's state", async () => {
    await ask();
    const [former] = worker.exchanges.filter(isQuery);
    if (former === undefined) throw new Error("no query was recorded");
    const change = (proof: (own: readonly Uint8Array[]) => readonly Uint8Array[]): void => {
      worker.change = (exchange) => {
        if (!isQuery(exchange)) return undefined;
        const response = responseOf(exchange);
        return encode(QueryResponse, { ...response, proof: [...proof(response.proof)] });
      };
    };
    change((own) => own.map((bytes, i) => (i === 0 ? flipped(bytes, 5) : bytes)));
    expect(await codeOf(ask())).toMatch(/^answer\/(bad-proof|unproven)$/);
    change((own) => own.slice(0, -1));
    expect(await codeOf(ask())).toMatch(/^answer\/(bad-proof|unproven)$/);
    change(() => responseOf(former).proof);
    expect(await codeOf(ask())).toMatch(/^answer\/(bad-proof|unproven)$/);
    change(() => []);
    expect(await codeOf(ask())).toMatch(/^answer\/(bad-proof|unproven)$/);
  });

  test("cannot change, swap or invent the reply to a command", async () => {
    const send = () =>
      counter.command("add", { n: 0n }, { signer: devSigner("Alice"), timeoutMs: 20_000 });
    const isReply = ({ path }: HttpExchange): boolean => path.startsWith("/v1/replies/");
    const { value } = await send();
    const former = worker.exchanges.findLast((one) => isReply(one) && one.status === 200);
    expect(former).toBeDefined();
    // What the host says is no reply, and what the final root says is taken: no replica vouches for it alone.
    const final = { value, boot: undefined };
    worker.change = (one) => (isReply(one) ? former?.response : undefined);
    expect(await send()).toMatchObject(final);
    worker.change = (one) =>
      isReply(one) ? flipped(one.response, one.response.length - 100) : undefined;
    expect(await send()).toMatchObject(final);
  });

  test("gets nothing sealed to a key of its own", async () => {
    const own = new Uint8Array(32).fill(9);
    worker.change = ({ path, response }) => {
      if (path !== "/v1/info") return undefined;
      const info = JSON.parse(new TextDecoder().decode(response));
      for (const boot of info.boots) boot.bootEncryption = toHex(own);
      return new TextEncoder().encode(JSON.stringify(info));
    };
    const fresh = await connect();
    const before = worker.exchanges.filter(isQuery).length;
    expect(await codeOf(ask(alice, counterOf(fresh)))).toBe("worker/none-reachable");
    expect(worker.exchanges.filter(isQuery).length).toBe(before);
    fresh.close();
  });

  test("cannot roll the state back behind what a client has seen, not even over a restart", async () => {
    await ask();
    const seen = JSON.parse(kept ?? "[]");
    expect(seen).toHaveLength(1);
    const [[id, { block, root }]] = seen;
    kept = JSON.stringify([[id, { block: block + 1000, root }]]);
    const later = await connect();
    expect(await codeOf(ask(alice, counterOf(later)))).toBe("answer/rolled-back");
    later.close();
    kept = JSON.stringify([[id, { block, root: toHex(new Uint8Array(32)) }]]);
    const other = await connect();
    expect(await codeOf(ask(alice, counterOf(other)))).toBe("answer/two-roots");
    other.close();
    kept = JSON.stringify(seen);
  });
});

describe("a node that lies", () => {
  test("of another network is refused before anything else", async () => {
    expect(await codeOf(connectTo(liar, new Uint8Array(32)))).toBe("chain/other-network");
  });

  test("cannot invent the genesis authorities", async () => {
    liar.change = ({ method, result }) => {
      if (method !== "pha_genesis") return undefined;
      const { header, proof } = result as { header: string; proof: string };
      return { header, proof: toHex(flipped(hex(proof), 40)) };
    };
    expect(await codeOf(connectTo(liar))).toBe("light/refused");
  });

  test("cannot forge, cut or repeat finality", async () => {
    const forgeries: readonly ((batch: Uint8Array) => Uint8Array)[] = [
      (batch) => flipped(batch, batch.length - 60),
      (batch) => flipped(batch, 40),
      (batch) => batch.subarray(0, batch.length - 1),
      (batch) => Uint8Array.from([...batch, ...batch]),
    ];
    for (const forge of forgeries) {
      liar.change = ({ method, result }) =>
        method === "pha_finality" && typeof result === "string"
          ? toHex(forge(hex(result)))
          : undefined;
      expect(await codeOf(connectTo(liar))).toBe("light/refused");
    }
    let first: unknown;
    liar.change = ({ method, result }) => {
      if (method !== "pha_finality" || typeof result !== "string") return undefined;
      first ??= result;
      return first;
    };
    const follower = await codeOf(
      connectTo(liar).then(({ chain }) => chain.finality.reach(1e6, 4_000)),
    );
    expect(follower).toMatch(/^(light\/refused|chain\/not-reached)$/);
  });

  test("that holds finality back makes the client wait, not believe", async () => {
    const stuck = await connectTo(liar);
    liar.change = ({ method }) => (method === "pha_finality" ? null : undefined);
    const { number } = stuck.chain.finality.head;
    expect(await codeOf(stuck.chain.finality.reach(number + 3, 4_000))).toBe("chain/not-reached");
    stuck.close();
  });

  test("cannot change a proven value", async () => {
    liar.change = ({ method, result }) => {
      if (method !== "state_getReadProof") return undefined;
      const { at, proof } = result as { at: string; proof: string[] };
      return { at, proof: proof.map((bytes) => toHex(flipped(hex(bytes), 7))) };
    };
    const fresh = await connectTo(liar);
    expect(await codeOf(ask(alice, counterOf(fresh)))).toBe("chain/bad-proof");
    fresh.close();
  });
});

describe("a reader without the right", () => {
  test("reads nothing with no certificate", async () => {
    expect(await codeOf(counter.query("total", {}))).toBe("contract/failed");
    expect(await ask(undefined)).toBe(5n);
  });

  test("is refused with a certificate that has expired", async () => {
    const { finality } = client.chain;
    const past = {
      ...client.chain,
      finality: { ...finality, head: { ...finality.head, number: 1 } },
    };
    const expired = await createSession(past, {
      signer: devSigner("Alice"),
      scopes: scopes(),
      expiresInMs: 1,
    });
    expect(await codeOf(ask(expired))).toBe("certificate/expired");
  });

  test("is refused outside of the certificate's scope", async () => {
    const elsewhere = await createSession(client.chain, {
      signer: devSigner("Alice"),
      scopes: [{ contract: new Uint8Array(32), methods: undefined }],
    });
    expect(await codeOf(ask(elsewhere))).toBe("certificate/out-of-scope");
    const method = await createSession(client.chain, {
      signer: devSigner("Alice"),
      scopes: [{ contract: address(), methods: [Uint8Array.of(1, 2, 3, 4)] }],
    });
    expect(await codeOf(ask(method))).toBe("certificate/out-of-scope");
  });

  test("is refused with a stolen certificate, whose session key it has not", async () => {
    const mallory = await createSession(client.chain, {
      signer: devSigner("Eve"),
      scopes: scopes(),
    });
    const stolen = { ...mallory, certificate: alice.certificate };
    expect(await codeOf(ask(stolen))).toBe("query/bad-session-signature");
  });

  test("is refused with a forged certificate", async () => {
    const { signature } = alice.certificate;
    const forged = {
      ...alice,
      certificate: {
        ...alice.certificate,
        signature: { ...signature, value: flipped(signature.value, 10) },
      } as Session["certificate"],
    };
    expect(await codeOf(ask(forged))).toBe("certificate/bad-signature");
    const renamed = {
      ...alice,
      certificate: { ...alice.certificate, account: devSigner("Eve").publicKey },
    };
    expect(await codeOf(ask(renamed))).toBe("certificate/bad-signature");
  });

  test("is refused when it asks at a block of a fork", async () => {
    const { chain } = client;
    const forked = getContract(
      {
        ...client,
        chain: {
          ...chain,
          finality: {
            ...chain.finality,
            head: { ...chain.finality.head, hash: new Uint8Array(32).fill(7) },
          },
          read: (item) => chain.read(item),
        },
      },
      { address: address(), entries },
    );
    expect(await codeOf(ask(alice, forked))).toBe("query/at-not-finalized");
  });
});
