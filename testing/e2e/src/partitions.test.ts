/** Four validators in four network namespaces: one is cut off, then two, then all are joined again. */
import { afterAll, describe, expect, test } from "vitest";
import {
  bestOf,
  describe as describeNodes,
  FinalityObserver,
  finalizedOf,
  type LocalNetwork,
  type LocalNode,
  openLocalNetwork,
  VALIDATORS,
} from "./local-network.ts";
import { type Namespaces, openNamespaces, whyNoNamespaces } from "./network-namespaces.ts";
import { isLong, until } from "./start-devnet.ts";

const missing = isLong ? whyNoNamespaces() : "only with PHA_LONG=1";
const STALL_MS = 10_000;
const HEAL_MS = 120_000;

describe.skipIf(missing !== undefined)(`namespaces${missing ? `: ${missing}` : ""}`, () => {
  let namespaces: Namespaces | undefined;
  let network: LocalNetwork | undefined;
  const observer = new FinalityObserver();
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  afterAll(async () => {
    await network?.cleanUp();
    namespaces?.remove();
  });

  async function finalityGoesOn(nodes: readonly LocalNode[], blocks: number): Promise<void> {
    await observer.look(nodes);
    const goal = observer.height + blocks;
    await until(
      `block ${goal} is final`,
      async () => {
        await observer.look(nodes);
        return (await Promise.all(nodes.map(finalizedOf))).every((height) => height >= goal);
      },
      HEAL_MS,
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await describeNodes(nodes)}`);
    });
    expect(observer.conflict).toBeUndefined();
  }

  test("one cut off: finality goes on; two: none, and no fork; joined again: it resumes", async () => {
    namespaces = openNamespaces(VALIDATORS.length);
    network = await openLocalNetwork();
    for (const [i, name] of VALIDATORS.entries()) {
      const place = namespaces.all[i];
      if (!place) throw new Error("a namespace for each");
      await network.start(name, {
        within: place.within,
        listen: `/ip4/${place.address}/tcp/30333`,
        args: ["--dev-key", `//${name}`, "--rpc-host", place.rpcAddress],
      });
    }
    const { nodes } = network;
    await finalityGoesOn(nodes, 3);

    namespaces.all[3]?.setLink("down");
    await finalityGoesOn(nodes.slice(0, 3), 4);

    namespaces.all[2]?.setLink("down");
    await pause(2_000);
    await observer.look(nodes);
    const [final, best] = [observer.height, await bestOf(nodes[0] as LocalNode)];
    await pause(STALL_MS);
    await observer.look(nodes);
    expect(observer.height).toBe(final);
    expect(await bestOf(nodes[0] as LocalNode)).toBeGreaterThan(best);

    for (const place of namespaces.all) place.setLink("up");
    await finalityGoesOn(nodes, 4);
  });
});
