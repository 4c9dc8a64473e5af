/**
 * Root puts a runtime with a new pallet on four running validators, while an unmodified smoldot follows them: nobody
 * drops out, the new pallet is used through the light client, and who comes later replays both runtimes.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { twox64, twox128 } from "@pha/crypto";
import { createNextRuntime, createSigner } from "@pha/node/testing";
import {
  joinArtefact,
  LOCAL,
  localPreset,
  runtimeCode,
  transitionSections,
  VERSION,
} from "@pha/runtime";
import { boundedBytes, concatBytes, encode, fromHex, toHex, utf8 } from "@pha/scale";
import { type Client, start } from "smoldot";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  describe as describeNodes,
  FinalityObserver,
  finalizedOf,
  type LocalNetwork,
  type LocalNode,
  openLocalNetwork,
  VALIDATORS,
} from "./local-network.ts";
import { addChain, type SmoldotChain } from "./smoldot-chain.ts";
import { followHead, type SmoldotHead } from "./smoldot-head.ts";
import { isLong, root, until } from "./start-devnet.ts";
import { rpc } from "./start-node.ts";

/** smoldot speaks WebSocket alone. */
const listen = "/ip4/127.0.0.1/tcp/0/ws";
const WORDS = utf8("from afar");
/** Five processes and a light client on two cores may have other work beside them. */
const PATIENCE_MS = 600_000;

/** The local network's runtime, one version on, with a pallet that was not there before. */
async function nextArtefact(): Promise<Uint8Array> {
  const build = await import(pathToFileURL(join(root, "bin", "bundle.mjs")).href);
  const entry = join(root, "packages/node/src/testing/next-local-runtime.ts");
  const script: Uint8Array = await build.bundleRuntime({ root, entry });
  const next = createNextRuntime({}, LOCAL);
  return joinArtefact(runtimeCode(next, transitionSections(script)), script);
}

// Behind PHA_LONG: the short form has its time limit, and upgrade.test.ts does the same to one node.
describe.runIf(isLong)("an upgrade of four validators", { timeout: PATIENCE_MS }, () => {
  let network: LocalNetwork;
  let client: Client;
  let light: SmoldotChain;
  let genesis: Uint8Array;
  const observer = new FinalityObserver();
  /** What smoldot took for final and ran. */
  let head: SmoldotHead;

  beforeAll(async () => {
    network = await openLocalNetwork();
    const [first, ...others] = VALIDATORS;
    await network.start(first, { listen });
    await Promise.all(others.map((name) => network.start(name, { listen })));
    genesis = fromHex(anyone().genesisHash);
    client = start({ logCallback: () => undefined });
    light = await follow();
    head = await followHead(light);
  });
  afterAll(async () => {
    await client?.terminate();
    await network?.cleanUp();
  });

  const alive = (): readonly LocalNode[] => network.nodes;
  const anyone = (): LocalNode => {
    const [node] = alive();
    if (!node) throw new Error("the validators run");
    return node;
  };

  /** smoldot on the chain as it began, with all validators as boot nodes. */
  async function follow(): Promise<SmoldotChain> {
    const spec = await rpc<object>(anyone().http, "sync_state_genSyncSpec", true);
    const bootNodes = alive().flatMap(({ addresses }) => addresses);
    return addChain(client, JSON.stringify({ ...spec, bootNodes }));
  }

  /** Number that a node knows of the newest block that smoldot took for final. */
  async function finalOfLight(): Promise<number> {
    const header = await rpc<{ number: string } | null>(
      anyone().http,
      "chain_getHeader",
      head.finalized.at(-1),
    );
    return Number(header?.number ?? 0);
  }

  /** Everyone who runs, and smoldot, finalizes so many blocks more than anyone has by now. */
  async function finalityGoesOn(blocks: number): Promise<void> {
    await observer.look(alive());
    const goal = observer.height + blocks;
    await until(
      `everyone finalizes block ${goal}`,
      async () => {
        await observer.look(alive());
        const heights = await Promise.all([...alive().map(finalizedOf), finalOfLight()]);
        return heights.every((height) => height >= goal);
      },
      PATIENCE_MS / 2,
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await describeNodes(alive())}`);
    });
    expect(observer.conflict).toBeUndefined();
  }

  const said = (account: Uint8Array): string => {
    const parts = [twox128(utf8("Greetings")), twox128(utf8("Said")), twox64(account), account];
    return toHex(concatBytes(...parts));
  };
  const next = () => createSigner(createNextRuntime({}, LOCAL), genesis, "//Alice");

  test("everyone runs the new version, in the process that was there before; smoldot learns of it", async () => {
    await finalityGoesOn(3);
    const before = alive().map(({ pid }) => pid);
    expect(head.versions).toEqual([VERSION.specVersion]);
    const call = { pallet: "System", name: "set_code", args: { code: await nextArtefact() } };
    const sudo = createSigner(localPreset().runtime, genesis, "//Alice");
    const extrinsic = sudo.sign({ pallet: "Sudo", name: "sudo", args: { call } }, 0);
    await rpc(anyone().http, "author_submitExtrinsic", toHex(extrinsic));
    const versionOf = async (node: LocalNode): Promise<number> => {
      const version = await rpc<{ specVersion: number }>(node.http, "state_getRuntimeVersion");
      return version.specVersion;
    };
    await until("everyone runs the new version", async () => {
      const versions = [...(await Promise.all(alive().map(versionOf))), head.versions.at(-1)];
      return versions.every((version) => version === VERSION.specVersion + 1);
    });
    await finalityGoesOn(3);
    expect(alive().map(({ pid }) => pid)).toEqual(before);
    expect(alive()).toHaveLength(VALIDATORS.length);
    // Once each: it did not begin anew.
    expect(head.versions).toEqual([VERSION.specVersion, VERSION.specVersion + 1]);
  });

  test("a call of the new pallet, given to smoldot, is final at all, and smoldot reads with proofs what it wrote", async () => {
    const signer = next();
    const greet = { pallet: "Greetings", name: "greet", args: { words: WORDS } };
    const hash = await light.submit(signer.sign(greet, 1));
    const value = toHex(encode(boundedBytes(64), WORDS));
    await until("smoldot's head has it", () => head.finalized.includes(hash));
    expect(await head.storage(hash, said(signer.account))).toBe(value);
    const nonce = ["AccountNonceApi_account_nonce", toHex(signer.account)] as const;
    expect(await head.runtimeCall(hash, ...nonce)).toBe("0x02000000");
    await finalityGoesOn(2);
    for (const { http } of alive())
      expect(await rpc(http, "state_getStorage", said(signer.account), hash)).toBe(value);
  });

  test("what smoldot took for final, from before the upgrade on, are the validators' blocks without a gap", async () => {
    await finalityGoesOn(1);
    const [oldest = ""] = head.finalized;
    const header = await rpc<{ number: string }>(anyone().http, "chain_getHeader", oldest);
    const numbers = head.finalized.map((_, i) => Number(header.number) + i);
    expect(head.finalized).toEqual(await rpc(anyone().http, "chain_getBlockHash", numbers));
    const version = await rpc(anyone().http, "state_getRuntimeVersion", oldest);
    expect(version).toMatchObject({ specVersion: VERSION.specVersion });
  });

  test("a node and a light client that come later go through both runtimes", async () => {
    await network.start("Late", { listen, args: [] });
    light.remove();
    light = await follow();
    head = await followHead(light);
    await finalityGoesOn(2);
    await until("the light client told where it is", () => head.finalized.length > 0);
    const value = toHex(encode(boundedBytes(64), WORDS));
    expect(await head.storage(head.finalized.at(-1) ?? "", said(next().account))).toBe(value);
    expect(head.versions.at(-1)).toBe(VERSION.specVersion + 1);
  });
});
