import { AdmissionEvent, type ProgramVersion, TOPIC } from "@pha/protocol";
import { decode, equalBytes } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { PhalaPhatContracts } from "../phala-phat-contracts/index.ts";
import {
  heartbeatCall,
  type PhaChain,
  registerCall,
  rejection,
  startPhaChain,
  testBoot,
} from "../testing/pha-chain.ts";
import { MAX_GRACE_BLOCKS } from "./declaration.ts";
import { PhalaRegistry } from "./index.ts";

const NEWER: ProgramVersion = [0, 2, 0];
const PACKED = 0x200;

/** A chain, and a worker of version 0.1.0 that has a seat. */
function start(looseningDelay = 0) {
  const chain = startPhaChain({}, { looseningDelay });
  chain.block();
  const boot = testBoot(1);
  expect(chain.send(registerCall(chain, boot)).error).toBeUndefined();
  const storage = () => chain.runtime.env(chain.overlay).of(PhalaRegistry).storage;
  const require = (version: ProgramVersion, grace = 0) =>
    chain.sudo(chain.runtime.tx.PhalaRegistry.set_minimum_pruntime_version({ version, grace }));
  const suspension = () => storage().Suspended.get(boot.identity.publicKey)?.reason.type;
  return { chain, boot, storage, require, suspension };
}

/** What gatekeepers were told in the newest block. */
function told(chain: PhaChain): readonly AdmissionEvent[] {
  return chain.messages().flatMap(({ sender, destination, payload }) => {
    if (sender.type !== "Pallet" || !equalBytes(destination, TOPIC.admission)) return [];
    const event = decode(AdmissionEvent, payload);
    if (!event.ok) throw new Error("malformed");
    return [event.value];
  });
}

function replicasOf({ runtime, overlay }: PhaChain): number {
  const { Clusters, ClusterList } = runtime.env(overlay).of(PhalaPhatContracts).storage;
  const [cluster] = ClusterList.get();
  return (cluster && Clusters.get(cluster)?.replicas.length) ?? 0;
}

describe("a least version", () => {
  test("stops registrations and leases of older ones at once, and tells gatekeepers", () => {
    const { chain, boot, require } = start();
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot)))).toBeUndefined();
    expect(require(NEWER, 10).ok).toBe(true);
    expect(told(chain)).toEqual([{ type: "MinimumVersion", value: { version: PACKED } }]);
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot)))).toBe("OldVersion");
    // Neither a fresh worker, nor the next boot of this one, nor fresh evidence of this boot.
    for (const one of [testBoot(2), testBoot(1, "Worker", 1), boot])
      expect(chain.send(registerCall(chain, one)).error).toBe("OldVersion");
    const newer = { version: PACKED };
    expect(chain.send(registerCall(chain, testBoot(2), newer)).error).toBeUndefined();
  });

  test("suspends those that serve when the grace is over, and a newer boot lifts it", () => {
    const { chain, boot, require, suspension } = start();
    require(NEWER, 5);
    for (let i = 0; i < 4; i++) chain.block();
    expect(suspension()).toBeUndefined();
    expect(replicasOf(chain)).toBe(1);
    chain.block();
    expect(suspension()).toBe("OldVersion");
    expect(replicasOf(chain)).toBe(0);
    const next = testBoot(1, "Worker", 1);
    expect(chain.send(registerCall(chain, next)).error).toBe("OldVersion");
    expect(chain.send(registerCall(chain, next, { version: PACKED })).error).toBeUndefined();
    expect(suspension()).toBeUndefined();
    expect(rejection(chain, chain.send(heartbeatCall(chain, next)))).toBeUndefined();
    expect(boot.identity.publicKey).toEqual(next.identity.publicKey);
  });

  test("without a grace suspends in the next block; a later one shortens the grace and does not lengthen it", () => {
    const { chain, require, suspension } = start();
    require(NEWER, 100);
    require(NEWER, 3);
    require(NEWER, 50);
    chain.block();
    expect(suspension()).toBeUndefined();
    chain.block();
    expect(suspension()).toBe("OldVersion");
  });

  test("of a worker that is new enough changes nothing for it", () => {
    const { chain, boot, require, suspension } = start();
    require([0, 1, 0]);
    for (let i = 0; i < 3; i++) chain.block();
    expect(suspension()).toBeUndefined();
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot)))).toBeUndefined();
  });

  test("is lowered after the delay of what loosens, and raised again at once, which voids the announcement", () => {
    const { chain, storage, require } = start(10);
    require(NEWER, 1_000);
    require([0, 1, 0]);
    expect(told(chain)).toEqual([{ type: "MinimumVersion", value: { version: 0x100 } }]);
    expect(storage().MinimumPRuntimeVersion.get()).toEqual(NEWER);
    const late = testBoot(3);
    for (let i = 0; i < 9; i++) chain.block();
    expect(chain.send(registerCall(chain, late)).error).toBeUndefined();
    expect(storage().MinimumPRuntimeVersion.get()).toEqual([0, 1, 0]);
    require(NEWER, 1_000);
    require([0, 1, 0]);
    require(NEWER, 1_000);
    for (let i = 0; i < 20; i++) chain.block();
    expect(storage().MinimumPRuntimeVersion.get()).toEqual(NEWER);
  });

  test("must fit its number, its grace must be bounded, and root alone names it", () => {
    const { chain, require } = start();
    expect(require([0, 256, 0]).error).toBe("BadVersion");
    expect(require([65_536, 0, 0]).error).toBe("BadVersion");
    expect(require(NEWER, MAX_GRACE_BLOCKS + 1).error).toBe("LongGrace");
    const tx = chain.runtime.tx.PhalaRegistry;
    for (const call of [
      tx.set_minimum_pruntime_version({ version: NEWER, grace: 0 }),
      tx.freeze_admissions(),
      tx.resume_admissions(),
    ])
      expect(chain.send(call).error).toBe("BadOrigin");
  });
});

describe("frozen admissions", () => {
  function freeze() {
    const parts = start();
    const { freeze_admissions, resume_admissions } = parts.chain.runtime.tx.PhalaRegistry;
    const toggle = {
      freeze: () => parts.chain.sudo(freeze_admissions()),
      resume: () => parts.chain.sudo(resume_admissions()),
    };
    expect(toggle.freeze().ok).toBe(true);
    return { ...parts, ...toggle };
  }

  test("let nobody in who is not here: no worker, and no known one on another platform", () => {
    const { chain, resume } = freeze();
    expect(chain.send(registerCall(chain, testBoot(2))).error).toBe("Frozen");
    const moved = testBoot(1, "Worker", 1, 9);
    expect(chain.send(registerCall(chain, moved)).error).toBe("Frozen");
    resume();
    expect(chain.send(registerCall(chain, testBoot(2))).error).toBeUndefined();
    expect(chain.send(registerCall(chain, moved)).error).toBeUndefined();
  });

  test("let who is here start again on its platform, and keep its lease", () => {
    const { chain, boot } = freeze();
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot)))).toBeUndefined();
    const next = testBoot(1, "Worker", 1);
    expect(chain.send(registerCall(chain, next)).error).toBeUndefined();
  });

  test("are frozen once and resumed once", () => {
    const { freeze: again, resume } = freeze();
    expect(again().error).toBe("FrozenAlready");
    expect(resume().ok).toBe(true);
    expect(resume().error).toBe("NotFrozen");
  });
});
