import { type Registration, registrationReportData } from "@pha/protocol";
import { describe, expect, test } from "vitest";
import { PhalaPhatContracts } from "../phala-phat-contracts/index.ts";
import {
  heartbeatCall,
  registerCall,
  registrationOf,
  rejection,
  startPhaChain,
  testBoot,
} from "../testing/pha-chain.ts";
import { MAX_RETIRED } from "./declaration.ts";
import { PhalaRegistry } from "./index.ts";

function start() {
  const chain = startPhaChain();
  chain.block();
  const storage = () => chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
  return { chain, storage };
}

describe("registration", () => {
  test("stores boot, evidence, first lease and the shape that older clients know", () => {
    const { chain, storage } = start();
    const boot = testBoot(1);
    const sent = chain.send(registerCall(chain, boot));
    expect(sent.error).toBeUndefined();
    expect(sent.events.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["WorkerAdded", "BootRegistered", "LeaseRenewed", "WorkerAssigned"]),
    );
    const identity = boot.identity.publicKey;
    expect(storage().Boots.get(identity)?.registration.boot).toEqual(boot.boot);
    expect(storage().Evidence.get(identity)?.[0]).toBe(255);
    expect(storage().Leases.get(boot.boot)?.until).toBe(1_001_000n + 12_000n);
    expect(storage().Workers.get(identity)).toMatchObject({
      pubkey: identity,
      ecdhPubkey: identity,
      confidenceLevel: 128,
      attestationProvider: { type: "Simulated" },
    });
  });

  test.each([
    ["for another chain", { genesisHash: new Uint8Array(32) }, "OtherNetwork"],
    ["at a block of a fork", { at: { number: 1, hash: new Uint8Array(32) } }, "UnknownBlock"],
    ["at a block to come", { at: { number: 9, hash: new Uint8Array(32) } }, "UnknownBlock"],
    ["for another operator", { operator: new Uint8Array(32) }, "OtherOperator"],
  ])("%s is refused", (_, change, error) => {
    const { chain } = start();
    expect(chain.send(registerCall(chain, testBoot(1), change)).error).toBe(error);
  });

  test("with evidence made for something else is refused", () => {
    const { chain } = start();
    const reportData = new Uint8Array(64);
    const call = registerCall(chain, testBoot(1), {}, { reportData });
    expect(chain.send(call).error).toBe("OtherReportData");
  });

  test.each<[string, Partial<Registration>]>([
    ["identity", { identity: testBoot(2).identity.publicKey }],
    ["boot", { boot: testBoot(2).boot }],
    ["key of queries", { bootEncryption: new Uint8Array(32).fill(8) }],
    ["role", { role: { type: "Gatekeeper", value: undefined } }],
    ["version", { version: 2 << 16 }],
    ["abilities", { features: 1 }],
  ])("with evidence for another %s is refused, in both directions", (_, change) => {
    const { chain } = start();
    const boot = testBoot(1);
    const reportData = (own: Partial<Registration>) =>
      registrationReportData(registrationOf(chain, boot, own));
    // The attack: genuine evidence of this platform, shown for what it does not say.
    for (const [shown, bound] of [
      [change, {}],
      [{}, change],
    ] as const) {
      const call = registerCall(chain, boot, shown, { reportData: reportData(bound) });
      expect(chain.send(call).error).toBe("OtherReportData");
    }
    expect(chain.send(registerCall(chain, boot)).error).toBeUndefined();
  });

  test("at a block more than 256 blocks old is refused", () => {
    const { chain } = start();
    const at = chain.head();
    for (let i = 0; i < 257; i++) chain.block();
    expect(chain.send(registerCall(chain, testBoot(1), { at })).error).toBe("OldBlock");
  });

  test("of a gatekeeper takes an operator that may run one", () => {
    const { chain } = start();
    const operator = chain.account("//Bob");
    const call = registerCall(chain, testBoot(0, "Gatekeeper"), { operator });
    expect(chain.send(call, "//Bob").error).toBe("NotGatekeeperOperator");
    expect(chain.send(registerCall(chain, testBoot(0, "Gatekeeper"))).error).toBeUndefined();
  });
});

describe("a new boot", () => {
  test("voids the one before, its lease and its messages", () => {
    const { chain, storage } = start();
    const [old, next] = [testBoot(1), testBoot(1, "Worker", 1)];
    chain.send(registerCall(chain, old));
    chain.send(heartbeatCall(chain, old));
    const sent = chain.send(registerCall(chain, next));
    expect(sent.events.map(({ name }) => name)).toContain("ReplicaRestarted");
    expect(storage().Leases.get(old.boot)).toBeUndefined();
    expect(chain.send(heartbeatCall(chain, old)).error).toBe("NotLatestBoot");
    expect(rejection(chain, chain.send(heartbeatCall(chain, next)))).toBeUndefined();
    const { Clusters, ClusterList } = chain.runtime
      .env(chain.overlay)
      .of(PhalaPhatContracts).storage;
    const [cluster] = ClusterList.get();
    expect(cluster && Clusters.get(cluster)?.replicas).toEqual([
      { identity: next.identity.publicKey, boot: next.boot },
    ]);
  });

  test("cannot be undone by sending the older registration again", () => {
    const { chain } = start();
    const [old, next] = [testBoot(1), testBoot(1, "Worker", 1)];
    const first = registerCall(chain, old);
    chain.send(first);
    chain.send(registerCall(chain, next));
    expect(chain.send(first).error).toBe("OlderThanCurrent");
    // The same with fresh evidence at a later block: what a clone of the older boot would send.
    expect(chain.send(registerCall(chain, old)).error).toBe("RetiredBoot");
  });

  test("that refreshes its own evidence keeps counting its messages", () => {
    const { chain } = start();
    const boot = testBoot(1);
    chain.send(registerCall(chain, boot));
    chain.send(heartbeatCall(chain, boot));
    expect(chain.send(registerCall(chain, boot)).error).toBeUndefined();
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot)))).toBeUndefined();
  });

  test("comes once a block at most, over the blocks that evidence may be old", () => {
    const { chain, storage } = start();
    const { identity, ...boot } = testBoot(1);
    chain.send(registerCall(chain, { identity, ...boot }));
    const retired = Array.from({ length: MAX_RETIRED - 1 }, (_, n) => ({
      boot: new Uint8Array(32).fill(n),
      at: chain.head().number,
    }));
    storage().Retired.put(identity.publicKey, retired);
    expect(chain.send(registerCall(chain, testBoot(1, "Worker", 1))).error).toBeUndefined();
    expect(chain.send(registerCall(chain, testBoot(1, "Worker", 2))).error).toBe("TooManyBoots");
  });

  test("keeps the role of its identity", () => {
    const { chain } = start();
    chain.send(registerCall(chain, testBoot(1)));
    const call = registerCall(chain, testBoot(1, "Gatekeeper", 1));
    expect(chain.send(call).error).toBe("RoleChanged");
  });
});

describe("a platform", () => {
  test("runs one worker: another of the same operator displaces it", () => {
    const { chain, storage } = start();
    const [one, two] = [testBoot(1), testBoot(2, "Worker", 0, 1)];
    chain.send(registerCall(chain, one));
    const sent = chain.send(registerCall(chain, two));
    expect(sent.events.map(({ name }) => name)).toContain("PlatformMoved");
    expect(storage().Boots.get(one.identity.publicKey)).toBeUndefined();
    expect(chain.send(heartbeatCall(chain, one)).error).toBe("NotLatestBoot");
  });

  test("at two operators takes both workers out", () => {
    const { chain, storage } = start();
    const [one, two] = [testBoot(1), testBoot(2, "Worker", 0, 1)];
    chain.send(registerCall(chain, one));
    const operator = chain.account("//Bob");
    const sent = chain.send(registerCall(chain, two, { operator }), "//Bob");
    expect(sent.events.map(({ name }) => name)).toContain("RegistrationRefused");
    expect(storage().Boots.get(two.identity.publicKey)).toBeUndefined();
    expect(chain.send(heartbeatCall(chain, one)).error).toBe("Suspended");
    const again = registerCall(chain, testBoot(1, "Worker", 1));
    expect(chain.send(again).error).toBe("Suspended");
    const lift = chain.runtime.tx.PhalaRegistry.lift_suspension({
      identity: one.identity.publicKey,
    });
    expect(chain.send(lift, "//Bob").error).toBe("BadOrigin");
    expect(chain.sudo(lift).error).toBeUndefined();
    expect(rejection(chain, chain.send(heartbeatCall(chain, one)))).toBeUndefined();
    expect(chain.sudo(lift).error).toBe("NotSuspended");
  });
});

describe("a heartbeat", () => {
  test("renews the lease with its own nonce", () => {
    const { chain, storage } = start();
    const boot = testBoot(1);
    chain.send(registerCall(chain, boot));
    chain.send(heartbeatCall(chain, boot));
    const lease = storage().Leases.get(boot.boot);
    expect(lease?.heartbeat.nonce).toEqual(new Uint8Array(32).fill(5));
    expect(lease?.at.number).toBe(chain.number());
  });

  test("with a head of a fork, of the future or of long ago renews nothing", () => {
    const { chain, storage } = start();
    const boot = testBoot(1);
    chain.send(registerCall(chain, boot));
    const fork = { number: 1, hash: new Uint8Array(32) };
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot, fork)))).toBe("UnknownBlock");
    const until = storage().Leases.get(boot.boot)?.until;
    for (const ahead of [1, 2, 1_000]) {
      const future = { number: chain.number() + ahead, hash: chain.hash() };
      const sent = chain.send(heartbeatCall(chain, boot, future));
      expect(rejection(chain, sent)).toBe("UnknownBlock");
    }
    expect(storage().Leases.get(boot.boot)?.until).toBe(until);
    const old = chain.head();
    for (let i = 0; i < 260; i++) chain.block();
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot, old)))).toBe("OldBlock");
  });
});
