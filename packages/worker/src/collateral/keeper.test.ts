import { DemandsCodec, PINNED_ROOTS, UNSET_DEMANDS, verifyCollateralItem } from "@pha/attestation";
import {
  collateralItems,
  DAY,
  ENVELOPES,
  FMSPC,
  NOW,
  rootCrlItem,
  sgxEnvelope,
  snpEnvelope,
  TEST_ROOTS,
} from "@pha/attestation/testing";
import { CollateralItem, collateralKey, itemKey, StoredCollateral } from "@pha/protocol";
import { developmentPreset } from "@pha/runtime";
import { decode, encode, toHex } from "@pha/scale";
import { decodeMetadata } from "@pha/sdk";
import { afterEach, describe, expect, test } from "vitest";
import { SILENT, type WorkerLog } from "../log.ts";
import { fakeNode } from "../testing/fake-node.ts";
import { type CollateralKeeper, type KeeperOptions, startCollateralKeeper } from "./keeper.ts";
import { isWorthBringing, type RoundResult } from "./look-for-newer.ts";
import { platformFamily } from "./platform-family.ts";
import { type FakeServices, startFakeServices, vendorAnswer } from "./testing/fake-services.ts";

const decoded = decodeMetadata(developmentPreset().runtime.metadata(14));
if (!decoded.ok) throw new Error(decoded.error.code);
const metadata = decoded.value;
const FAMILY = Uint8Array.from(Buffer.from(FMSPC, "hex"));
const LIMITS = {
  maxBytes: 1 << 20,
  timeoutMs: 2_000,
  maxRedirects: 0,
  attempts: 1,
  firstPauseMs: 1,
};
const DEMAND = { minSvn: 0, worstConfidence: { worker: 5, gatekeeper: 0 } };

let services: FakeServices;
let keeper: CollateralKeeper | undefined;

afterEach(async () => {
  await keeper?.stop();
  await services.close();
});

/** A chain that takes items as the real one does, and the vendors' newest ones. */
async function setUp(
  lines: readonly (
    | "intel-sgx"
    | "intel-tdx"
    | "amd-milan-vcek"
    | "android-strongbox"
    | "simulated"
  )[],
) {
  const node = fakeNode();
  const demands = { ...UNSET_DEMANDS, lines: lines.map((line) => ({ line, ...DEMAND })) };
  node.storage.set(toHex(itemKey("PhaAttestation", "Policy")), encode(DemandsCodec, demands));
  let vendors = collateralItems();
  services = await startFakeServices((path) =>
    path === "/attestation/status"
      ? { body: JSON.stringify({ entries: { "0a": { status: "REVOKED" } } }) }
      : vendorAnswer(vendors, path),
  );
  const taken: string[] = [];
  const refused: string[] = [];
  const warned: string[] = [];
  const rounds: RoundResult[] = [];
  let roots = TEST_ROOTS;
  const read = (key: Uint8Array) => {
    const value = node.storage.get(toHex(key));
    const stored = value && decode(StoredCollateral, value);
    return stored?.ok ? stored.value : undefined;
  };
  function submit(items: readonly Uint8Array[]): boolean {
    for (const bytes of items) {
      const item = decode(CollateralItem, bytes);
      if (!item.ok) throw new Error(item.error.code);
      const verified = verifyCollateralItem(item.value, {
        roots,
        at: NOW,
        view: (slot) => read(collateralKey(slot))?.item,
      });
      if (verified.ok) {
        const { slot, ...facts } = verified.value;
        taken.push(slot.type);
        const stored = encode(StoredCollateral, { item: item.value, ...facts });
        node.storage.set(toHex(collateralKey(slot)), stored);
      } else refused.push(verified.error.code);
    }
    return true;
  }
  const log: WorkerLog = { ...SILENT, warn: (_, message) => warned.push(message) };
  const start = (options: Partial<KeeperOptions> = {}) => {
    keeper = startCollateralKeeper({
      node: {
        ...node.client,
        signingContext: async () => ({ ...(await node.client.signingContext()), metadata }),
      },
      services: services.services,
      families: [FAMILY],
      everyMs: 20,
      submit,
      log,
      limits: LIMITS,
      random: () => 0.5,
      now: () => Number(NOW),
      firstMs: 1,
      onRound: (round) => rounds.push(round),
      ...options,
    });
    return keeper;
  };
  return {
    node,
    taken,
    refused,
    warned,
    rounds,
    start,
    publish: (items: readonly CollateralItem[]) => {
      vendors = items;
    },
    withRoots: (next: typeof roots) => {
      roots = next;
    },
    round: (count: number) => until(() => rounds.length >= count),
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it did not happen");
}

describe("the collateral keeper", () => {
  test("brings what the chain lacks, in an order that it takes, and then nothing more", async () => {
    const { taken, refused, rounds, round, start } = await setUp([
      "intel-sgx",
      "intel-tdx",
      "amd-milan-vcek",
    ]);
    start();
    await round(1);
    expect(refused).toEqual([]);
    expect(taken).toEqual([
      "IntelRootCrl",
      "IntelPckCrl",
      "IntelQeIdentity",
      "IntelTcbInfo",
      "IntelQeIdentity",
      "IntelTcbInfo",
      "AmdCrl",
    ]);
    const [first] = rounds;
    const missing = first?.fetched.filter(({ failure }) => failure !== undefined);
    // Nobody made a list of the other authority, nor AMD a later one.
    expect(missing).toMatchObject([
      { source: "intel-pck-crl", failure: { code: "keeper/http-status", status: 404 } },
      { source: "amd-chain", failure: { status: 404 } },
    ]);
    await round(2);
    expect(taken.length).toBe(7);
  });

  test("asks for the family of a platform of this host as soon as its evidence is seen", async () => {
    const { taken, round, start } = await setUp(["intel-sgx"]);
    const running = start({ families: [], everyMs: 60_000 });
    await round(1);
    expect(taken).not.toContain("IntelTcbInfo");
    running.sawEvidence(sgxEnvelope({}));
    await round(2);
    expect(taken).toContain("IntelTcbInfo");
  });

  test("brings what vendors sign anew", async () => {
    const { taken, publish, round, start } = await setUp(["intel-sgx"]);
    const first = start();
    await round(1);
    await first.stop();
    taken.length = 0;
    publish([
      rootCrlItem({ thisUpdate: NOW - DAY, nextUpdate: NOW + 30n * DAY }),
      ...collateralItems().slice(1),
    ]);
    start();
    await round(2);
    expect(taken).toEqual(["IntelRootCrl"]);
  });

  test("does not bring again what the chain did not take", async () => {
    const { refused, warned, round, start, withRoots } = await setUp(["amd-milan-vcek"]);
    withRoots(PINNED_ROOTS);
    start();
    await round(2);
    expect(refused).toEqual(["attestation/crl-wrong-issuer"]);
    expect(warned).toContain(
      "the chain does not have collateral that was brought; it is not sent again",
    );
  });

  test("asks for nothing where the policy has no vendor's line", async () => {
    const { rounds, round, start } = await setUp(["simulated"]);
    start();
    await round(1);
    expect(services.asked).toEqual([]);
    expect(rounds[0]).toEqual({ newer: [], fetched: [], unlisted: [], endsAtMs: undefined });
  });

  test("tells of phones that governance has not entered, and brings none", async () => {
    const { node, taken, warned, rounds, round, start } = await setUp(["android-strongbox"]);
    start();
    await round(1);
    expect(rounds[0]?.unlisted).toEqual([{ serial: Uint8Array.of(0x0a), status: "REVOKED" }]);
    expect(taken).toEqual([]);
    expect(warned).toEqual(["Google lists phones that governance has not entered"]);
    const serial = Uint8Array.of(0x0a);
    const item: CollateralItem = { type: "AndroidStatus", value: { serial, status: "REVOKED" } };
    const stored = encode(StoredCollateral, { item, issuedAtMs: 0n, validUntilMs: 0n, number: 0 });
    node.storage.set(toHex(collateralKey({ type: "AndroidStatus", value: serial })), stored);
    await round(2);
    expect(rounds[1]?.unlisted).toEqual([]);
  });

  test("goes on when the node fails, and when there is no room", async () => {
    const { warned, rounds, round, start } = await setUp(["amd-milan-vcek"]);
    start({ submit: () => false });
    await round(2);
    expect(rounds[1]?.newer.length).toBe(1);
    expect(warned).toContain("no room to bring collateral to the chain");
    await keeper?.stop();
    start({
      node: { ...fakeNode().client, finalizedHead: () => Promise.reject(new Error("gone")) },
    });
    await until(() => warned.includes("a round of the collateral keeper failed"));
  });

  test("finds a platform's family in evidence, and none in other vendors'", () => {
    expect(platformFamily(sgxEnvelope({}))).toEqual(FAMILY);
    for (const kind of ["IntelTdxDcap", "AzureTdx"] as const)
      expect(platformFamily(ENVELOPES[kind](new Uint8Array(64), NOW))).toEqual(FAMILY);
    expect(platformFamily(snpEnvelope({}))).toBeUndefined();
    expect(platformFamily(new Uint8Array(0))).toBeUndefined();
  });
});

describe("an item is worth its fee", () => {
  const hour = 3_600_000n;
  const item = rootCrlItem();
  const slot = { type: "IntelRootCrl", value: undefined } as const;
  const stored = { item, issuedAtMs: NOW - 2n * DAY, validUntilMs: NOW + 20n * DAY, number: 16 };
  const found = (change: object) => ({ ...stored, slot, ...change });
  test.each([
    ["where nothing is", found({}), undefined, true],
    ["not when it is the same", found({}), stored, false],
    [
      "not when it is a little newer",
      found({ issuedAtMs: stored.issuedAtMs + hour }),
      stored,
      false,
    ],
    [
      "when it is newer by half a day",
      found({ issuedAtMs: stored.issuedAtMs + 12n * hour }),
      stored,
      true,
    ],
    [
      "when its evaluation is later",
      found({ issuedAtMs: stored.issuedAtMs + hour, number: 17 }),
      stored,
      true,
    ],
    [
      "when what is there ends soon",
      found({ issuedAtMs: stored.issuedAtMs + hour }),
      { ...stored, validUntilMs: NOW + DAY },
      true,
    ],
    ["not when its evaluation is older", found({ issuedAtMs: NOW, number: 15 }), stored, false],
    ["not when it has ended", found({ validUntilMs: NOW - 1n }), undefined, false],
    ["not before its time", found({ issuedAtMs: NOW + 1n }), undefined, false],
  ])("%s", (_, next, before, worth) => {
    expect(isWorthBringing(next, before, NOW)).toBe(worth);
  });
});
