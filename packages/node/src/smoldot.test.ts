import { toHex, utf8 } from "@pha/scale";
import { type Chain, type Client, start } from "smoldot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChainSpec, chainSpecJson, genesisBlock } from "./chain-spec.ts";
import { sharedDevelopment } from "./testing/dev-chain.ts";

/** The unmodified light client, without peers: it checks the chain spec and executes the Wasm of the genesis itself. */
describe("smoldot", () => {
  let client: Client;
  const add = (spec: ChainSpec): Promise<Chain> =>
    client.addChain({ chainSpec: JSON.stringify(chainSpecJson(spec)) });
  const withCode = (change: (code: Uint8Array) => Uint8Array): ChainSpec => {
    const { spec } = sharedDevelopment();
    const key = toHex(utf8(":code"));
    const genesis = spec.genesis.map(
      ([one, value]) => [one, toHex(one) === key ? change(value) : value] as const,
    );
    return { ...spec, genesis };
  };

  beforeAll(() => {
    client = start({ logCallback: () => undefined });
  });
  afterAll(() => client.terminate());

  test("accepts our genesis and computes our hash of it", async () => {
    const { spec } = sharedDevelopment();
    const chain = await add(spec);
    chain.sendJsonRpc('{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash","params":[0]}');
    const answer: unknown = JSON.parse(await chain.nextJsonRpcResponse());
    const hash = toHex(genesisBlock(spec).hash);
    expect(answer).toMatchObject({ id: 1, result: hash });
    chain.remove();
  });

  test("refuses a genesis whose module is cut, or none", async () => {
    for (const change of [
      (code: Uint8Array) => code.slice(0, code.length >> 1),
      () => new Uint8Array(0),
      (code: Uint8Array) => code.map((byte, index) => (index === 4 ? 2 : byte)),
    ])
      await expect(add(withCode(change))).rejects.toThrow();
  });
});
