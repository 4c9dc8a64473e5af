/**
 * The steps of break-glass, in their order. Each is decided by the chain's state alone: what is done already is left as it is,
 * so a drill that was interrupted goes on where it stopped, and one that runs twice does nothing twice.
 *
 * ```
 * freeze ─► floor ─► exclude ─► generation ─► re-wrap ─► rotate ─► resume
 * ```
 * None waits for a message of the excluded.
 */
import type { ProductLine } from "@pha/attestation";
import { type ProgramVersion, packVersion } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { readItem } from "../commands/gatekeeper-chain.ts";
import {
  brokenLines,
  type Chain,
  clustersOf,
  generationsOf,
  isOfTarget,
  membersOf,
  policyOf,
} from "./drill-chain.ts";

/** How the network was when the drill began. */
export interface Before {
  readonly generation: bigint;
  /** Newest version of the state key, by cluster. */
  readonly stateKeys: Readonly<Record<string, number>>;
}

export interface DrillContext {
  readonly chain: Chain;
  readonly target: string;
  readonly before: Before;
  readonly minVersion: ProgramVersion | undefined;
  /** Has root make a call; resolves when it is final. */
  root(pallet: string, name: string, args: unknown): Promise<void>;
}

export interface Step {
  readonly name: string;
  readonly docs: string;
  /** There is nothing to do until the steps before have something done. */
  readonly follows?: true;
  /** `undefined`: done; else what is missing. */
  missing(ctx: DrillContext): Promise<string | undefined>;
  /** Brings about what root can bring about now; may be called again while something is missing. */
  act(ctx: DrillContext): Promise<void>;
}

const freeze: Step = {
  name: "freeze",
  docs: "Nobody is admitted who is not here already.",
  async missing({ chain }) {
    return (await isFrozen(chain)) ? undefined : "admissions are open";
  },
  async act({ chain, root }) {
    if (!(await isFrozen(chain))) await root("PhalaRegistry", "freeze_admissions", {});
  },
};

const floor: Step = {
  name: "floor",
  docs: "The least version of pRuntime is raised, where a fixed one is named.",
  async missing({ chain, minVersion }) {
    if (minVersion === undefined) return undefined;
    return (await leastVersion(chain)) >= packed(minVersion)
      ? undefined
      : `older versions than ${minVersion.join(".")} may serve`;
  },
  async act({ chain, minVersion, root }) {
    if (minVersion === undefined || (await leastVersion(chain)) >= packed(minVersion)) return;
    await root("PhalaRegistry", "set_minimum_pruntime_version", { version: minVersion, grace: 0 });
  },
};

const exclude: Step = {
  name: "exclude",
  docs: "The maker's lines leave the policy; its workers lose their seats, its gatekeepers' operators the list.",
  async missing({ chain, target }) {
    const lines = brokenLines(await policyOf(chain), target);
    if (lines.length > 0) return `the policy has ${lines.join(", ")}`;
    const serving = (await membersOf(chain)).filter(
      ({ line, isSuspended }) => line !== undefined && isOfTarget(line, target) && !isSuspended,
    );
    if (serving.length > 0) return `${serving.length} of its boots are not suspended yet`;
    const named = await brokenOperators(chain, target);
    return named.broken.length > 0
      ? `${named.broken.length} of its operators are named`
      : undefined;
  },
  async act({ chain, target, root }) {
    const { lines } = await policyOf(chain);
    const broken = brokenLines({ lines }, target);
    // In the form of metadata, as calls take it; the lines have the same order in both.
    const policy = await readItem<{ readonly lines: readonly object[] }>(
      chain,
      "PhaAttestation",
      "Policy",
    );
    if (broken.length > 0 && policy !== undefined) {
      const left = policy.lines.filter((_, i) => {
        const line = lines[i]?.line;
        return line !== undefined && !broken.includes(line);
      });
      await root("PhaAttestation", "set_policy", { policy: { ...policy, lines: left } });
    }
    const named = await brokenOperators(chain, target);
    if (named.broken.length === 0 || named.isElected) return;
    await root("PhaGatekeepers", "set_operators", { operators: named.others });
  },
};

const generation: Step = {
  name: "generation",
  docs: "The remaining gatekeepers make the next root key.",
  async missing({ chain, before }) {
    const { newest } = await generationsOf(chain);
    return newest > before.generation ? undefined : `generation ${newest} is the newest`;
  },
  async act({ chain, before, root }) {
    // In this order: one that becomes active meanwhile is seen by the last read.
    const wanted = await readItem<object>(chain, "PhaGatekeepers", "Wanted");
    const run = await readItem<object>(chain, "PhaGatekeepers", "Run");
    if (run !== undefined || wanted !== undefined) return;
    const { newest } = await generationsOf(chain);
    if (newest > before.generation) return;
    await root("PhaGatekeepers", "new_generation", {});
  },
};

const rewrap: Step = {
  name: "re-wrap",
  follows: true,
  docs: "Every cluster's state key is wrapped under the new root; older roots are retired, their shares to be erased.",
  async missing({ chain }) {
    const { newest, oldest } = await generationsOf(chain);
    const old = (await clustersOf(chain)).filter(
      ({ wrap }) => wrap !== undefined && wrap.generation < newest,
    );
    if (old.length > 0) return `${old.length} clusters hang on an older root`;
    return oldest < newest ? `generation ${oldest} is not retired` : undefined;
  },
  act: () => Promise.resolve(),
};

const rotate: Step = {
  name: "rotate",
  docs: "Every cluster's state is under a state key that was made after the exclusion; former ones are erased.",
  async missing({ chain, before }) {
    const left = (await clustersOf(chain)).filter(
      (one) => one.wrap !== undefined && !isRotated(one, before),
    );
    return left.length > 0 ? `${left.length} clusters have state under a former key` : undefined;
  },
  async act({ chain, before, root }) {
    for (const one of await clustersOf(chain)) {
      const { cluster, stateKeys, wrap } = one;
      const isUnderWay = stateKeys.oldest < stateKeys.newest || wrap?.version !== stateKeys.newest;
      if (wrap === undefined || isUnderWay || isRotated(one, before)) continue;
      await root("PhalaPhatContracts", "rotate_state_key", { cluster });
    }
  },
};

const resume: Step = {
  name: "resume",
  follows: true,
  docs: "Admissions are open again, for platforms that the policy still has.",
  async missing({ chain }) {
    return (await isFrozen(chain)) ? "admissions are frozen" : undefined;
  },
  async act({ chain, root }) {
    if (await isFrozen(chain)) await root("PhalaRegistry", "resume_admissions", {});
  },
};

export const STEPS: readonly Step[] = [freeze, floor, exclude, generation, rewrap, rotate, resume];

async function isFrozen(chain: Chain): Promise<boolean> {
  return (await readItem<number>(chain, "PhalaRegistry", "FrozenSince")) !== undefined;
}

async function leastVersion(chain: Chain): Promise<number> {
  const version = await readItem<ProgramVersion>(chain, "PhalaRegistry", "MinimumPRuntimeVersion");
  return packed(version ?? [0, 0, 0]);
}

function packed(version: ProgramVersion): number {
  const number = packVersion(version);
  if (number.ok) return number.value;
  throw new PhaError("usage/bad-version", `${version.join(".")} is no version of pRuntime`, {
    hint: "The last two numbers are below 256.",
  });
}

function isRotated(
  {
    cluster,
    stateKeys,
  }: {
    readonly cluster: Uint8Array;
    readonly stateKeys: { readonly newest: number; readonly oldest: number };
  },
  { stateKeys: former }: Before,
): boolean {
  const was = former[toHex(cluster)] ?? -1;
  return stateKeys.oldest === stateKeys.newest && stateKeys.newest > was;
}

/** Operators that root named, and those of them whose gatekeeper hangs on the maker. */
export async function brokenOperators(chain: Chain, target: string) {
  const operators =
    (await readItem<readonly Uint8Array[]>(chain, "PhaGatekeepers", "Operators")) ?? [];
  const seats = await readItem<number>(chain, "PhaGatekeeperStake", "Seats");
  const members = await membersOf(chain);
  const lineOf = (operator: Uint8Array): ProductLine | undefined =>
    members.find((one) => one.role === "Gatekeeper" && toHex(one.operator) === toHex(operator))
      ?.line;
  const isBroken = (operator: Uint8Array): boolean => {
    const line = lineOf(operator);
    return line !== undefined && isOfTarget(line, target);
  };
  return {
    broken: operators.filter(isBroken),
    others: operators.filter((one) => !isBroken(one)),
    /** Then the policy keeps them out, and the next election leaves them out. */
    isElected: (seats ?? 0) > 0,
  };
}
