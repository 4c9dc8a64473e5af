/**
 * The playground: one source, what is wrong with it, what was built of it, trials of that, and deployments.
 *
 * It outlives its page, so that whoever looks at a block meanwhile comes back to the same. **Bounds**: `MOST_TRIALS` calls and
 * `MOST_DEPLOYMENTS` are kept.
 */
import type { BuildProblem } from "@pha/contract/build/artefact";
import type { DeployProgress } from "@pha/sdk/deploy";
import { type Problem, problemOf } from "../../chain/problem.ts";
import { createStore, type Store } from "../../chain/store.ts";
import { forget, lockAway, type VaultId } from "../../chain/vault.ts";
import type { CompilerWorker } from "../../playground/compiler-worker.ts";
import type { Built, TrialCall, TrialOutcome } from "../../playground/protocol.ts";
import { TEMPLATES, type TemplateName } from "../../playground/templates.ts";
import type { KeptSource } from "./kept-source.ts";

/** One call of a trial, as it is shown: what was given and answered is in the vault. */
export interface TriedCall {
  readonly id: number;
  readonly kind: "command" | "query";
  readonly method: string;
  readonly caller: string;
  readonly args: VaultId;
  readonly fuelLimit: bigint;
  readonly result: VaultId | undefined;
  /** Lines of the contract's log that it wrote. */
  readonly logged: readonly VaultId[];
  readonly outcome: TrialOutcome;
}

export interface Deployment {
  readonly id: number;
  readonly name: string;
  /** Name of who pays and owns it. */
  readonly account: string;
  readonly genesis: string;
  /** In the order in which they came. */
  readonly steps: readonly DeployProgress[];
  readonly state: "running" | "done" | "failed";
  readonly problem: Problem | undefined;
}

export interface PlaygroundState extends KeptSource {
  /** Whether the browser keeps the source. */
  readonly isKept: boolean;
  /** Whether the compiler has answered once: its parts take a while to come. */
  readonly isLoaded: boolean;
  readonly check: "waiting" | "checking" | "clean" | "wrong" | "failed";
  readonly problems: readonly BuildProblem[];
  /** Why the compiler itself could not do its work. */
  readonly compilerProblem: Problem | undefined;
  readonly build: "none" | "building" | "done" | "failed";
  readonly built: Built | undefined;
  /** Source that it was built of; absent of an artefact from a file. */
  readonly builtOf: string | undefined;
  readonly buildProblem: Problem | undefined;
  readonly trial: "none" | "starting" | "ready" | "calling" | "failed";
  readonly trialProblem: Problem | undefined;
  readonly tried: readonly TriedCall[];
  readonly deployments: readonly Deployment[];
}

/** Before anything was done with its source. */
export const UNTOUCHED: Omit<PlaygroundState, keyof KeptSource> = {
  isKept: true,
  isLoaded: false,
  check: "waiting",
  problems: [],
  compilerProblem: undefined,
  build: "none",
  built: undefined,
  builtOf: undefined,
  buildProblem: undefined,
  trial: "none",
  trialProblem: undefined,
  tried: [],
  deployments: [],
};

/** Sends the artefact; what it tells is shown. */
export type Deploy = (
  artefact: Uint8Array,
  onProgress: (progress: DeployProgress) => void,
) => Promise<unknown>;

export interface Playground {
  readonly state: Store<PlaygroundState>;
  edit(source: string): void;
  /** Begins anew with this source. */
  choose(template: TemplateName): void;
  /** Checks at once. */
  check(): Promise<void>;
  build(): Promise<void>;
  /** An artefact that somebody else built. */
  openArtefact(bytes: Uint8Array): Promise<void>;
  startTrial(): Promise<void>;
  call(call: TrialCall): Promise<void>;
  deploy(account: string, genesis: string, send: Deploy): Promise<void>;
}

export interface PlaygroundTools {
  readonly compiler: CompilerWorker;
  readonly first: KeptSource;
  readonly keep: (kept: KeptSource) => boolean;
  /** Runs it when nobody has typed for a while; only the last one runs. */
  readonly later: (run: () => void) => void;
}

const MOST_TRIALS = 30;
const MOST_DEPLOYMENTS = 8;

function forgetCall({ args, result, logged }: TriedCall): void {
  for (const id of [args, ...(result === undefined ? [] : [result]), ...logged]) forget(id);
}

export function createPlayground({ compiler, first, keep, later }: PlaygroundTools): Playground {
  const state = createStore<PlaygroundState>({ ...UNTOUCHED, ...first });
  let next = 1;
  /** What a build found in a source, of which a check sees a part. */
  let judged: { readonly source: string; readonly problems: readonly BuildProblem[] } | undefined;
  const change = (part: Partial<PlaygroundState>): void =>
    state.update((former) => ({ ...former, ...part }));

  function edit(source: string): void {
    const { template, source: former } = state.get();
    if (source === former) return;
    const isKept = keep({ template, source });
    change({ source, isKept, check: "waiting" });
    later(() => void check());
  }

  async function check(): Promise<void> {
    const { source } = state.get();
    change({ check: "checking", compilerProblem: undefined });
    try {
      const problems = await compiler.ask("check", { source });
      change({ isLoaded: true });
      // Meanwhile somebody typed: that source is checked in its turn.
      if (state.get().source !== source) return;
      const all = judged?.source === source ? judged.problems : problems;
      change({ problems: all, check: all.length === 0 ? "clean" : "wrong" });
    } catch (error) {
      if (state.get().source === source)
        change({ check: "failed", compilerProblem: problemOf(error) });
    }
  }

  function withoutTrial(): Partial<PlaygroundState> {
    for (const one of state.get().tried) forgetCall(one);
    return { trial: "none", trialProblem: undefined, tried: [] };
  }

  function found(built: Built, builtOf: string | undefined): void {
    const isSame = state.get().built?.codeHash === built.codeHash;
    change({ build: "done", built, builtOf, ...(!isSame && withoutTrial()) });
  }

  return {
    state,
    edit,
    check,
    choose(template) {
      const source = TEMPLATES[template];
      change({ template, problems: [], build: "none", built: undefined, ...withoutTrial() });
      if (source === state.get().source) return;
      edit(source);
    },
    async build() {
      const { source } = state.get();
      change({ build: "building", buildProblem: undefined });
      try {
        const outcome = await compiler.ask("build", { source });
        judged = { source, problems: outcome.ok ? [] : outcome.problems };
        if (outcome.ok) {
          found(outcome.built, source);
          if (state.get().source === source) change({ problems: [], check: "clean" });
        } else {
          change({ build: "failed" });
          if (state.get().source === source) change({ problems: outcome.problems, check: "wrong" });
        }
      } catch (error) {
        change({ build: "failed", buildProblem: problemOf(error) });
      }
    },
    async openArtefact(bytes) {
      change({ build: "building", buildProblem: undefined });
      try {
        found(await compiler.ask("open", { bytes }), undefined);
      } catch (error) {
        change({ build: "failed", buildProblem: problemOf(error) });
      }
    },
    async startTrial() {
      const { built } = state.get();
      if (built === undefined) return;
      change({ ...withoutTrial(), trial: "starting" });
      try {
        const outcome = await compiler.ask("startTrial", { bytes: built.bytes });
        if (state.get().built === built)
          change({ trial: outcome.status === "ok" ? "ready" : "failed" });
      } catch (error) {
        change({ trial: "failed", trialProblem: problemOf(error) });
      }
    },
    async call(call) {
      change({ trial: "calling", trialProblem: undefined });
      try {
        const outcome = await compiler.ask("callTrial", call);
        const { kind, method, caller, fuelLimit } = call;
        const tried: TriedCall = {
          id: next++,
          kind,
          method,
          caller,
          fuelLimit,
          args: lockAway(JSON.stringify(call.args)),
          result: outcome.status === "ok" ? lockAway(outcome.value) : undefined,
          logged: outcome.logged.map(lockAway),
          // What it answered and logged is in the vault alone.
          outcome: { ...outcome, logged: [], ...(outcome.status === "ok" && { value: "" }) },
        };
        const all = [tried, ...state.get().tried];
        for (const old of all.splice(MOST_TRIALS)) forgetCall(old);
        change({ trial: "ready", tried: all });
      } catch (error) {
        change({ trial: "ready", trialProblem: problemOf(error) });
      }
    },
    async deploy(account, genesis, send) {
      const { built } = state.get();
      if (built === undefined) return;
      const id = next++;
      const deployment: Deployment = {
        id,
        name: built.artefact.name,
        account,
        genesis,
        steps: [],
        state: "running",
        problem: undefined,
      };
      const become = (of: (former: Deployment) => Partial<Deployment>): void =>
        state.update((former) => ({
          ...former,
          deployments: former.deployments.map((one) =>
            one.id === id ? { ...one, ...of(one) } : one,
          ),
        }));
      change({
        deployments: [deployment, ...state.get().deployments].slice(0, MOST_DEPLOYMENTS),
      });
      try {
        await send(built.bytes, (step) => become(({ steps }) => ({ steps: [...steps, step] })));
        become(() => ({ state: "done" }));
      } catch (error) {
        become(() => ({ state: "failed", problem: problemOf(error) }));
      }
    },
  };
}
