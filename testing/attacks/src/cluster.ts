/** A live cluster of three on a test chain, and what scenarios do to it. */
import type { BlockRef } from "@pha/protocol";
import { DEVELOPMENT_CLUSTER, PhaContractState, PhalaPhatContracts } from "@pha/runtime";
import {
  commitCall,
  heartbeatCall,
  type LiveChain,
  type PhaChain,
  registerCall,
  signedCommit,
  startLive,
  type TestBoot,
  type TestStep,
  testBoot,
  testCommand,
  testStep,
} from "@pha/runtime/testing";

export type Sent = ReturnType<PhaChain["send"]>;

export interface AttackedCluster extends LiveChain {
  /** Block with a command, and its honest step. */
  readonly block: BlockRef;
  readonly step: TestStep;
  /** A step of the block that is not what honest replicas compute. */
  forged(result?: string): TestStep;
  vote(boot: TestBoot, step: TestStep, options?: Parameters<typeof signedCommit>[4]): Sent;
}

export function eventsOf({ events }: Sent): readonly string[] {
  return events.map(({ name }) => name);
}

export function attackedCluster(): AttackedCluster {
  const live = startLive();
  const { chain, keys, creation } = live;
  chain.send(chain.runtime.tx.PhalaPhatContracts.push_command(testCommand(chain, 1)), "//Alice");
  const block = chain.head();
  chain.block();
  const stepOf = (result?: string) => testStep(chain, keys.vetKey, block, creation.newRoot, result);
  return {
    ...live,
    block,
    step: stepOf(),
    forged: (result = "forged") => stepOf(result),
    vote: (boot, step, options) =>
      chain.send(commitCall(chain, boot, signedCommit(chain, boot, keys.signing, step, options))),
  };
}

/** The same with the honest step of the next block. */
export function twoBlocks() {
  const made = attackedCluster();
  const { chain, keys, step } = made;
  const second = testStep(chain, keys.vetKey, chain.head(), step.newRoot);
  chain.block();
  return { ...made, first: step, second };
}

/** Registered workers that hold no seat, leased. */
export function spares(chain: PhaChain, count: number): readonly TestBoot[] {
  const boots = Array.from({ length: count }, (_, i) => testBoot(10 + i));
  chain.sendAll(boots.map((boot) => registerCall(chain, boot)));
  chain.sendAll(boots.map((boot) => heartbeatCall(chain, boot)));
  return boots;
}

export function finalRoot(chain: PhaChain): Uint8Array | undefined {
  const { storage } = chain.runtime.env(chain.overlay).of(PhaContractState);
  return storage.Roots.get(DEVELOPMENT_CLUSTER)?.root;
}

export function clusterRecord(chain: PhaChain) {
  const { storage } = chain.runtime.env(chain.overlay).of(PhalaPhatContracts);
  const record = storage.Clusters.get(DEVELOPMENT_CLUSTER);
  if (record === undefined) throw new Error("the cluster exists");
  return record;
}
