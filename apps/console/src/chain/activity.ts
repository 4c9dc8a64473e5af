/**
 * What was done on this page, newest first. Plaintext is in the vault; here are ids of it, and what everybody may know.
 *
 * **Bounds**: `MOST_ENTRIES`; it ends with the page.
 */
import type { Problem } from "./problem.ts";
import type { SealedFacts } from "./sealed.ts";
import { createStore } from "./store.ts";
import { forget, type VaultId } from "./vault.ts";

export type Stage = "sealing" | "sealed" | "in-block" | "executed" | "final";

export interface Activity {
  readonly id: number;
  readonly kind: "command" | "query";
  /** Name and address of who acted. */
  readonly account: string;
  readonly address: string;
  readonly contractName: string;
  /** In hex. */
  readonly contract: string;
  readonly genesis: string;
  readonly method: VaultId;
  readonly args: VaultId;
  /** Command line that does the same; a wallet's account has none. */
  readonly reproduce: VaultId | undefined;
  readonly result: VaultId | undefined;
  /** The contract's own reason to refuse, sealed like a result. */
  readonly refusal: VaultId | undefined;
  /** The wallet that is asked now. */
  readonly waitsFor: { readonly id: string; readonly name: string } | undefined;
  /** A former certificate had ended, and a new one was signed. */
  readonly isRenewed: boolean;
  /** What went wrong on the way, which is no secret. */
  readonly problem: Problem | undefined;
  readonly state: "running" | "done" | "failed";
  readonly stage: Stage;
  /** Stage → milliseconds since it began. */
  readonly times: Readonly<Partial<Record<Stage, number>>>;
  readonly began: number;
  readonly sealed: SealedFacts | undefined;
  /** In hex. */
  readonly commandId: string | undefined;
  readonly blockNumber: number | undefined;
  readonly fuelUsed: bigint | undefined;
  /** Boot that answered, in hex. */
  readonly boot: string | undefined;
}

const MOST_ENTRIES = 60;

export const activity = createStore<readonly Activity[]>([]);
let next = 1;

type Begun = Pick<
  Activity,
  | "kind"
  | "account"
  | "address"
  | "contractName"
  | "contract"
  | "genesis"
  | "method"
  | "args"
  | "reproduce"
>;

export function beginActivity(begun: Begun): number {
  const id = next++;
  const entry: Activity = {
    ...begun,
    id,
    result: undefined,
    refusal: undefined,
    waitsFor: undefined,
    isRenewed: false,
    problem: undefined,
    state: "running",
    stage: "sealing",
    times: {},
    began: Date.now(),
    sealed: undefined,
    commandId: undefined,
    blockNumber: undefined,
    fuelUsed: undefined,
    boot: undefined,
  };
  activity.update((all) => {
    const kept = [entry, ...all];
    for (const old of kept.splice(MOST_ENTRIES))
      for (const secret of [old.method, old.args, old.reproduce, old.result, old.refusal])
        if (secret !== undefined) forget(secret);
    return kept;
  });
  return id;
}

export function updateActivity(id: number, change: Partial<Activity>): void {
  activity.update((all) => all.map((one) => (one.id === id ? { ...one, ...change } : one)));
}

export function reachStage(id: number, stage: Stage, change: Partial<Activity> = {}): void {
  activity.update((all) =>
    all.map((one) =>
      one.id === id
        ? { ...one, ...change, stage, times: { ...one.times, [stage]: Date.now() - one.began } }
        : one,
    ),
  );
}
