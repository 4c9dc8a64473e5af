/** Runs the GRANDPA voter: feeds it the best chain and carries out what it says, in order. */
import {
  startVoter,
  stepVoter,
  type VoterInput,
  type VoterOutput,
  type VoterState,
  type VoteTarget,
} from "@pha/consensus";
import { assert, PhaError } from "@pha/scale";
import type { Keystore } from "../authoring/keystore.ts";
import { type Chain, nextAuthoritiesOf } from "../chain/chain.ts";
import type { ChainDatabase } from "../database/chain-database.ts";
import type { NodeLog } from "../node-log.ts";

export interface GrandpaOptions {
  readonly chain: Chain;
  readonly database: ChainDatabase;
  /** Absent: the node follows without voting. */
  readonly keystore: Keystore | undefined;
  readonly log: NodeLog;
  /** The voter cannot go on; the node must stop. */
  readonly onFailure: (error: unknown) => void;
}

export interface GrandpaService {
  /** Set id and round under way. */
  position(): { readonly setId: bigint; readonly round: bigint };
  stop(): void;
}

/** @throws PhaError `grandpa/record-ahead` */
export function startGrandpa(options: GrandpaOptions): GrandpaService {
  const { chain, database, keystore, log, onFailure } = options;
  let state = openVoter(chain, database, keystore);
  let isScheduled = false;

  const step = (input: VoterInput): void => {
    const next = stepVoter(state, input);
    state = next.state;
    for (const output of next.outputs) carryOut(output);
  };

  const carryOut = (output: VoterOutput): void => {
    switch (output.type) {
      case "persist":
        // Durable when it returns: a vote that was signed and forgotten would be an equivocation after a crash.
        database.putVoterRecord(output.record);
        return;
      case "sign": {
        assert(keystore, "only a voter with a key is asked to sign");
        const { kind, round, setId } = output;
        step({ type: "signed", kind, round, setId, signature: keystore.signVote(output.payload) });
        return;
      }
      case "finalize": {
        const { block, justification, nextSet } = output;
        const set = nextSet ?? state.set;
        const done = chain.finalize(block, justification, set);
        assert(done.ok, "the voter votes for blocks of the tree");
        log.debug({ number: block.number, round: Number(justification.round) }, "finalized");
        return;
      }
    }
  };

  /** Votes until the best block is final. */
  const follow = (): void => {
    for (let target = targetOf(chain); target; target = targetOf(chain)) {
      const { finalized } = chain;
      step({ type: "best-chain", target });
      if (chain.finalized === finalized) return;
    }
  };

  const stop = chain.events.subscribe((event) => {
    if (event.type !== "best" || isScheduled) return;
    isScheduled = true;
    // Later, so that everyone hears of the block before it is final.
    queueMicrotask(() => {
      isScheduled = false;
      try {
        follow();
      } catch (error) {
        onFailure(error);
      }
    });
  });
  step({ type: "timer" });
  follow();
  return { position: () => ({ setId: state.set.setId, round: state.round }), stop };
}

function openVoter(
  chain: Chain,
  database: ChainDatabase,
  keystore: Keystore | undefined,
): VoterState {
  const { hash, number } = chain.finalized;
  const started = startVoter({
    set: database.authoritySet(),
    own: keystore?.grandpaKey,
    finalized: { hash, number },
    record: database.voterRecord(),
  });
  if (started.ok) return started.value;
  const { recordSetId, setId } = started.error;
  throw new PhaError("grandpa/record-ahead", "the stored votes are of a later voter set", {
    facts: { recordSetId, setId },
    hint: "the data directory is older than its votes: restore both from one copy, or use new keys",
  });
}

/** The best block, or the first above the finalized one that changes the voters. */
function targetOf(chain: Chain): VoteTarget | undefined {
  let last: VoteTarget | undefined;
  for (const block of chain.pathTo(chain.best.hash)) {
    const header = chain.header(block.hash);
    assert(header, "blocks of the tree are stored");
    const change = nextAuthoritiesOf(header);
    last = { block: { hash: block.hash, number: block.number }, change };
    if (change) return last;
  }
  return last;
}
