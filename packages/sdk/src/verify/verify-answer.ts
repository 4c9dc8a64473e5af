/**
 * One answer of a contract, with every link of its chain of trust: the contract's own, and what makes this answer the
 * answer to this question.
 *
 * An answer is refused at its first link that does not hold (`acceptAnswer`); the links before it held.
 */
import { isPhaError, toHex } from "@pha/scale";
import type { Client } from "../client.ts";
import {
  type EntryCodecs,
  getContract,
  type QueryOptions,
  type QueryResult,
} from "../contracts/contract.ts";
import type { AnswerRefusal } from "../contracts/query.ts";
import { branch, leaf, reportOf, type TrustNode, type TrustReport } from "./trust-tree.ts";

/** The query that `verifyAnswer` asks. */
export interface AnswerInput {
  readonly contract: Uint8Array;
  readonly entries: EntryCodecs;
  readonly method: string;
  readonly args: unknown;
  readonly options?: QueryOptions;
}

/** The report on one answer, and the answer. */
export interface AnswerReport extends TrustReport {
  /** Absent when the answer was refused, or not asked for because a link before it does not hold. */
  readonly answer: QueryResult | undefined;
}

interface AnswerLink {
  /** Of the answer; in the tree it is below `answer/`. */
  readonly link: string;
  readonly says: string;
  /** Instead, where finality is a node's word. */
  readonly saysByLease?: string;
  /** Codes with which this link refuses an answer. */
  readonly refusals: readonly AnswerRefusal[];
}

/** In the order in which an answer is looked at. */
export const ANSWER_LINKS: readonly AnswerLink[] = [
  {
    link: "sealed",
    says: "The answer opens with the key of this request alone.",
    refusals: ["answer/not-opened", "answer/malformed"],
  },
  {
    link: "signed",
    says: "The worker's attested boot signed it.",
    refusals: ["answer/bad-signature"],
  },
  {
    link: "asked",
    says: "It names this request.",
    refusals: ["answer/other-request"],
  },
  {
    link: "fresh",
    says: "It is from a block no older than this program's own head when it asked.",
    saysByLease: "It is from a block no older than the node's head when it was asked.",
    refusals: ["answer/stale"],
  },
  {
    link: "finalized",
    says: "That block is on the finalized chain that this program verified.",
    saysByLease: "NOT VERIFIED: that this block is final is the node's word.",
    refusals: ["answer/forked"],
  },
  {
    link: "proven",
    says: "The proof beside it is of that block's state, and leaves nothing out.",
    refusals: ["answer/bad-proof", "answer/unproven"],
  },
  {
    link: "boot",
    says: "The chain served this boot then, with the key that was asked.",
    refusals: ["answer/displaced-boot", "answer/wrong-encryption-key"],
  },
  {
    link: "lease",
    says: "Its lease ran.",
    saysByLease: "Its lease ran, by this machine's clock to ten seconds: the answer is no older.",
    refusals: [
      "answer/no-lease",
      "answer/lease-over",
      "answer/lease-too-long",
      "answer/clock-differs",
    ],
  },
  {
    link: "assigned",
    says: "It was a replica of the contract's cluster.",
    refusals: ["answer/not-assigned"],
  },
  {
    link: "root",
    says: "It answered from the root that the majority voted.",
    refusals: ["answer/root-not-final"],
  },
  {
    link: "opened",
    says: "Every entry of the state that it opens is in that root; it need not open any.",
    refusals: ["answer/bad-opening"],
  },
  {
    link: "memory",
    says: "It is no older than what this program has seen of the contract.",
    refusals: ["answer/rolled-back", "answer/two-roots"],
  },
  {
    link: "agreed",
    says: "As many TEEs as asked for gave it.",
    refusals: ["answer/too-few-operators", "answer/no-agreement"],
  },
];

/**
 * Asks, and tells of every link. What is no matter of trust (nobody in reach, the contract's own refusal) is thrown as
 * by `ContractHandle.query`.
 */
export async function verifyAnswer(client: Client, input: AnswerInput): Promise<AnswerReport> {
  const { contract, entries, method, args, options = {} } = input;
  const before = await client.verify(contract);
  if (!before.ok || (before.simulated && !client.allowsSimulated))
    return { ...before, answer: undefined };
  const handle = getContract(client, { address: contract, entries });
  const asked = await handle.query(method, args, options).then(
    (answer) => ({ answer, refusal: undefined }),
    (error: unknown) => ({ answer: undefined, refusal: refusalOf(error) }),
  );
  const tree = branch(
    "trust",
    "From the genesis hash to this answer.",
    [
      ...before.tree.parts,
      answerNode(asked.answer, asked.refusal, client.chain.finality.leaseAlone !== undefined),
    ],
    before.tree.facts,
  );
  return { ...reportOf(tree), answer: asked.answer };
}

interface Refusal {
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

function refusalOf(error: unknown): Refusal {
  if (isPhaError(error)) {
    const { code, message } = error;
    const at = ANSWER_LINKS.findIndex(({ refusals }) => refusals.some((one) => one === code));
    if (at >= 0) return { at, code, message };
  }
  throw error;
}

const nameOf = (link: string): string => `answer/${link}`;

function answerNode(
  answer: QueryResult | undefined,
  refusal: Refusal | undefined,
  isLeaseAlone: boolean,
): TrustNode {
  const held = ANSWER_LINKS.slice(0, refusal?.at).map(({ link, says, saysByLease }) =>
    leaf(nameOf(link), true, (isLeaseAlone ? saysByLease : undefined) ?? says),
  );
  const wrong = refusal && ANSWER_LINKS[refusal.at];
  return branch(
    "answer",
    answer
      ? "The root is final by majority; the answer from it is computed by as many TEEs as agreed."
      : "The answer was thrown away.",
    wrong
      ? [...held, leaf(nameOf(wrong.link), false, refusal.message, { code: refusal.code })]
      : held,
    answer && {
      boot: toHex(answer.boot),
      block: answer.blockNumber,
      root: toHex(answer.root),
      stateBlock: answer.stateBlock.number,
      cluster: answer.standing,
      agreed: answer.agreed,
    },
  );
}
