/**
 * Reports equivocations that this node sees to the chain: of authors, from blocks imported and headers announced, and
 * of voters, from their votes.
 *
 * A report is an unsigned transaction of the own pool: whoever makes the next block and saw the same puts it in, and the
 * chain takes it once. Equivocations with the own keys are not reported but logged: somebody runs this validator twice.
 *
 * **Bounds**: those of the detector. **Trust**: headers and votes come from peers; what is reported was verified.
 */
import {
  type BabeEquivocation,
  BabeEquivocationDetector,
  type BabeSuspicion,
  babePreDigestOf,
  EquivocationProof,
  encodeHeader,
  type Header,
} from "@pha/consensus";
import { equivocationReport } from "@pha/runtime";
import { concatBytes, encode, PhaError, u64 } from "@pha/scale";
import { epochOfSlot, epochsAt } from "../chain/babe-epochs.ts";
import type { Chain } from "../chain/chain.ts";
import type { NodeRuntime } from "../chain/node-runtime.ts";
import { toHex } from "../hex.ts";
import type { NodeLog } from "../node-log.ts";
import type { PoolService } from "../pool/pool-service.ts";
import type { Keystore, KeyType } from "../signer/keystore.ts";
import { type Engine, findOwnerProof } from "./owner-proof.ts";

export interface ReporterOptions {
  readonly chain: Chain;
  readonly runtime: NodeRuntime;
  readonly pool: PoolService;
  readonly keystore: Keystore | undefined;
  readonly log: NodeLog;
}

export interface EquivocationReporter {
  /** A peer named a block. */
  announced(header: Header): void;
  /** A voter voted twice in one round. */
  voted(proof: EquivocationProof): void;
  stop(): void;
}

const KEY_TYPE: Readonly<Record<Engine, KeyType>> = { babe: "babe", grandpa: "gran" };

export function startEquivocationReporter(options: ReporterOptions): EquivocationReporter {
  const { chain, runtime, pool, keystore, log } = options;
  const detector = new BabeEquivocationDetector();

  const report = (engine: Engine, at: bigint, key: Uint8Array, proof: Uint8Array): void => {
    const facts = { engine, key: toHex(key), at: Number(at) };
    if (keystore?.has(KEY_TYPE[engine], key)) {
      log.error(facts, "this validator's keys are used by another process too: stop one of them");
      return;
    }
    const owner = findOwnerProof({ chain, runtime }, { engine, at, key });
    if (owner === undefined) {
      log.warn(facts, "an equivocation cannot be reported: no state here says whose the key was");
      return;
    }
    try {
      pool.submit(equivocationReport(engine, proof, owner), "Local");
      log.warn(facts, "an equivocation is reported to the chain");
    } catch (error) {
      // Somebody's report of it is in a block or in the pool already.
      if (!(error instanceof PhaError)) throw error;
      log.debug({ ...facts, code: error.code }, "an equivocation is not news to the chain");
    }
  };

  const onSuspicion = (suspicion: BabeSuspicion): void => {
    const author = authorOf(suspicion);
    const proof = author && detector.prove(suspicion, author);
    if (proof) report("babe", proof.slot, proof.offender, encodeBabeProof(proof));
  };

  /** Key of the authority that made the first header, from the state that its parent left, or from the newest final one. */
  const authorOf = ({ firstHeader, slot, authorityIndex }: BabeSuspicion) => {
    const parent = chain.header(firstHeader.parentHash);
    if (parent === undefined) return undefined;
    const known = chain.hasStateOf(parent) ? parent : chain.finalized.header;
    const epochs = epochsAt(runtime, chain.stateOf(known));
    const epoch = epochOfSlot(epochs, slot, { isFirst: parent.number === 0 });
    return epoch?.authorities[authorityIndex]?.key;
  };

  const unsubscribe = chain.events.subscribe((event) => {
    if (event.type !== "imported") return;
    detector.imported(event.block.header).forEach(onSuspicion);
  });
  return {
    announced: (header) => {
      // Claims of blocks long ago decide nothing any more.
      if (babePreDigestOf(header).ok && header.number + MAX_DEPTH > chain.finalized.number)
        detector.announced(header).forEach(onSuspicion);
    },
    voted: (proof) =>
      report("grandpa", proof.setId, proof.authority, encode(EquivocationProof, proof)),
    stop: unsubscribe,
  };
}

/** Blocks below the finalized one whose headers are looked at. */
const MAX_DEPTH = 256;

function encodeBabeProof({ offender, slot, firstHeader, secondHeader }: BabeEquivocation) {
  return concatBytes(
    offender,
    encode(u64, slot),
    encodeHeader(firstHeader),
    encodeHeader(secondHeader),
  );
}
