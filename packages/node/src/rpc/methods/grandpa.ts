/** `grandpa_*`: proofs of finality. */
import { FinalityProof, type Header, type RoundView } from "@pha/consensus";
import { ss58Encode } from "@pha/crypto";
import { SS58_PREFIX } from "@pha/runtime";
import { assert, encode, PhaError } from "@pha/scale";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { numberParam, stringParam } from "../params.ts";

/** Longest way from the block asked for to the one whose justification proves it. */
const MAX_UNKNOWN_HEADERS = 4_096;

export function grandpaMethods(context: NodeContext): MethodGroup {
  const { chain, grandpa } = context;
  return {
    /** Rounds of the voter: weights of prevotes and precommits, and whose are missing. */
    grandpa_roundState: () => {
      const [best, ...background] = grandpa.rounds().map(roundJson);
      return { setId: Number(grandpa.position().setId), best, background };
    },
    /**
     * SCALE proof in hex that a block is final: the first justification at or after it, and the headers between.
     */
    grandpa_proveFinality: ({ params }) => {
      const proof = proveFinality(context, numberParam(params, 0, "block"));
      return toHex(encode(FinalityProof, proof));
    },
    /** Justifications of finalized blocks as they come, SCALE in hex, in `grandpa_justifications`. */
    grandpa_subscribeJustifications: ({ connection }) =>
      connection.subscribe("grandpa_justifications", (sink) =>
        chain.events.subscribe((event) => {
          if (event.type === "finalized") sink.send(toHex(event.justification));
        }),
      ),
    /** Ends the subscription; whether there was one. */
    grandpa_unsubscribeJustifications: ({ params, connection }) =>
      connection.unsubscribe(stringParam(params, 0, "subscription")),
  };
}

function roundJson(round: RoundView) {
  return {
    round: Number(round.round),
    totalWeight: Number(round.totalWeight),
    thresholdWeight: Number(round.thresholdWeight),
    prevotes: {
      currentWeight: Number(round.prevoteWeight),
      missing: round.missingPrevotes.map((key) => ss58Encode(SS58_PREFIX, key)),
    },
    precommits: {
      currentWeight: Number(round.precommitWeight),
      missing: round.missingPrecommits.map((key) => ss58Encode(SS58_PREFIX, key)),
    },
  };
}

/** The first justification at or after the block, with the headers between. */
function proveFinality({ chain }: NodeContext, number: number): FinalityProof {
  const unknownHeaders: Header[] = [];
  for (let at = number; at <= number + MAX_UNKNOWN_HEADERS; at++) {
    const block = at <= chain.finalized.number ? chain.hashAt(at) : undefined;
    if (block === undefined) break;
    if (at > number) {
      const header = chain.header(block);
      assert(header, "finalized blocks are stored");
      unknownHeaders.push(header);
    }
    const justification = chain.justification(block);
    if (justification) return { block, justification, unknownHeaders };
  }
  throw new PhaError("grandpa/not-finalized", `block ${number} is not covered by a justification`, {
    facts: { number, finalized: chain.finalized.number },
    hint: "wait until the block is finalized",
  });
}
