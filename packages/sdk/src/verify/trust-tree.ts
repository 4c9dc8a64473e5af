/**
 * The chain of trust as a tree: a leaf is one check with the facts it looked at, a branch holds when all below it do.
 *
 * The leaves, in order, are what a list of checks shows; the first that does not hold is where trust ends.
 */

/** One check. */
export interface Verdict {
  /** Stable name of the link, such as `finality` or `replica/evidence`. */
  readonly link: string;
  readonly ok: boolean;
  /** One plain sentence. */
  readonly says: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** A check, or a group of them. */
export interface TrustNode extends Verdict {
  /** Empty of a leaf. */
  readonly parts: readonly TrustNode[];
}

/** A chain of trust, looked at link by link. */
export interface TrustReport {
  readonly tree: TrustNode;
  /** Leaves of the tree, in order. */
  readonly verdicts: readonly Verdict[];
  readonly ok: boolean;
  /** The first leaf that does not hold. */
  readonly broken: Verdict | undefined;
  /** True when any worker's evidence is simulated: then nothing protects the data. */
  readonly simulated: boolean;
}

export type Facts = Verdict["facts"];

/** One check. */
export function leaf(link: string, ok: boolean, says: string, facts: Facts = {}): TrustNode {
  return { link, ok, says, facts, parts: [] };
}

/** A group of checks. */
export function branch(
  link: string,
  says: string,
  parts: readonly TrustNode[],
  facts: Facts = {},
): TrustNode {
  return { link, ok: parts.every(({ ok }) => ok), says, facts, parts };
}

/** A report of a tree: its leaves, and the first that does not hold. */
export function reportOf(tree: TrustNode): TrustReport {
  const verdicts = leavesOf(tree);
  return {
    tree,
    verdicts,
    ok: tree.ok,
    broken: verdicts.find(({ ok }) => !ok),
    simulated: verdicts.some(({ facts }) => facts["teeClass"] === "simulated"),
  };
}

function leavesOf({ parts, ...verdict }: TrustNode): readonly Verdict[] {
  return parts.length === 0 ? [verdict] : parts.flatMap(leavesOf);
}
