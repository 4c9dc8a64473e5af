import { type Header, headerHash } from "@pha/consensus";
import { toHex } from "@pha/scale";
import { beforeEach, expect, test } from "vitest";
import type { RpcTransport } from "../rpc/transport.ts";
import { leaseAloneProvider } from "./lease-alone.ts";

const chain: Header[] = [];
let tell: (header: unknown) => void;
let end: (error: Error) => void;
/** What the node says of its genesis. */
let genesis: unknown;

beforeEach(() => {
  chain.length = 0;
  add(3);
  genesis = toHex(new Uint8Array(32).fill(7));
});

function add(count: number): void {
  for (let i = 0; i < count; i++) {
    const parent = chain.at(-1);
    chain.push({
      parentHash: parent ? headerHash(parent) : new Uint8Array(32),
      number: chain.length,
      stateRoot: new Uint8Array(32).fill(chain.length),
      extrinsicsRoot: new Uint8Array(32),
      digest: [],
    });
  }
}

function json({ parentHash, number, stateRoot, extrinsicsRoot }: Header) {
  return {
    parentHash: toHex(parentHash),
    number: `0x${number.toString(16)}`,
    stateRoot: toHex(stateRoot),
    extrinsicsRoot: toHex(extrinsicsRoot),
    digest: { logs: [] },
  };
}

const rpc: RpcTransport = {
  async request(method, [hash]) {
    if (method === "chain_getBlockHash") return genesis;
    if (method === "chain_getFinalizedHead") return toHex(headerHash(chain.at(-1)!));
    const found = chain.find((header) => toHex(headerHash(header)) === hash);
    return method === "chain_getHeader" && found ? json(found) : null;
  },
  async subscribe(_method, _params, _end, onContent, onLost) {
    tell = onContent;
    end = (error) => onLost?.(error);
    return () => undefined;
  },
  close: () => undefined,
};

test("heads are the node's word, with the hashes of their own headers and all blocks between", async () => {
  const follower = await leaseAloneProvider(rpc, { nowMs: () => 5 }).follow();
  expect(follower.head).toMatchObject({ number: 2, hash: headerHash(chain[2]!) });
  expect(follower.leaseAlone?.nowMs()).toBe(5);
  expect(follower.trusted).toBe(2);
  add(3);
  tell(json(chain[5]!));
  await follower.reach(5);
  for (const number of [3, 4, 5])
    expect(follower.block(number)?.hash).toEqual(headerHash(chain[number]!));
});

test("another network, an answer of another form, and a node that went away are told by code", async () => {
  const { follow } = leaseAloneProvider(rpc);
  await expect(follow(new Uint8Array(32))).rejects.toMatchObject({ code: "chain/other-network" });
  const follower = await follow(new Uint8Array(32).fill(7));
  expect(typeof follower.leaseAlone?.nowMs()).toBe("number");
  const waiting = follower.reach(99);
  end(new Error("closed"));
  await expect(waiting).rejects.toMatchObject({ code: "rpc/connection-lost" });
  genesis = null;
  await expect(follow()).rejects.toMatchObject({ code: "rpc/malformed-answer" });
});
