/** Whom a query asks: one replica after the other until one answers, or several that must agree. */
import { PhaError, toHex } from "@pha/scale";
import type { ReachableReplica } from "../client.ts";
import type { VerifiedAnswer } from "./query.ts";

type Ask = (replica: ReachableReplica) => Promise<VerifiedAnswer>;

export interface AgreedAnswer {
  readonly answer: VerifiedAnswer;
  /** TEEs that computed it. */
  readonly agreed: number;
}

/** Asks one after the other, a random one first; the last error tells why none answered. */
export async function firstAnswer(
  replicas: readonly ReachableReplica[],
  ask: Ask,
): Promise<AgreedAnswer> {
  const start = Math.floor(Math.random() * replicas.length);
  let failure: unknown;
  for (let i = 0; i < replicas.length; i++) {
    const replica = replicas[(start + i) % replicas.length];
    if (replica === undefined) continue;
    try {
      return { answer: await ask(replica), agreed: 1 };
    } catch (error) {
      if (!isWorthRetrying(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Another replica cannot cure what the client itself did wrong. */
export function isWorthRetrying(error: unknown): boolean {
  if (!(error instanceof PhaError)) return false;
  const { code } = error;
  const isOwnFault = code.startsWith("certificate/") || code === "query/bad-session-signature";
  return !isOwnFault && code !== "answer/too-few-operators" && !code.startsWith("verify/");
}

/**
 * An answer that as many replicas gave alike, of operators that differ: one that runs several has one voice.
 *
 * @param byOperator false counts replicas
 * @throws PhaError `answer/too-few-operators`, `answer/no-agreement`
 */
export async function agreedAnswer(
  replicas: readonly ReachableReplica[],
  ask: Ask,
  { agree, byOperator }: { readonly agree: number; readonly byOperator: boolean },
): Promise<AgreedAnswer> {
  const voiceOf = ({ operator, boot }: ReachableReplica): string =>
    toHex(byOperator ? operator : boot.boot);
  const voices = new Set(replicas.map(voiceOf)).size;
  if (voices < agree)
    throw new PhaError(
      "answer/too-few-operators",
      `${agree} operators cannot agree: replicas of ${voices} are in reach`,
      {
        facts: { agree, operators: voices, replicas: replicas.length },
        hint: "Give the worker hosts of more operators, or ask fewer to agree.",
      },
    );
  const settled = await Promise.allSettled(
    replicas.map(async (replica) => ({ voice: voiceOf(replica), answer: await ask(replica) })),
  );
  const answers = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const groups = new Map<string, Map<string, VerifiedAnswer>>();
  for (const { voice, answer } of answers) {
    const { type, value } = answer.outcome;
    const key = `${toHex(answer.root)} ${type} ${typeof value === "string" ? value : toHex(value)}`;
    groups.set(key, (groups.get(key) ?? new Map()).set(voice, answer));
  }
  for (const group of groups.values()) {
    const [answer] = group.values();
    if (answer !== undefined && group.size >= agree) return { answer, agreed: group.size };
  }
  throw new PhaError("answer/no-agreement", `fewer than ${agree} replicas gave the same answer`, {
    facts: { agree, answers: answers.length, different: groups.size },
    hint: "Ask again; if replicas keep disagreeing, do not use the answer.",
  });
}
