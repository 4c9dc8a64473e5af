/**
 * Grandpa: who finalizes blocks.
 *
 * A change takes effect in the block that announces it (delay 0): that block is finalized by the old set, later ones
 * by the new.
 */
import { Authorities, type Authority, grandpaDigestItem } from "@pha/consensus";
import { apiMethod, type ContextOf, definePallet, event, type HasEnv, value } from "@pha/frame";
import { assert, bool, equalBytes, struct, u32, u64 } from "@pha/scale";
import type { SessionHandler } from "../session/index.ts";

export interface GrandpaGenesis {
  readonly authorities: readonly Authority[];
}

/** Blocks from one change to the next: light clients and warp proofs count on it. */
export const MIN_BLOCKS_BETWEEN_CHANGES = 64;

const StoredPendingChange = struct(
  { scheduledAt: u32, delay: u32, nextAuthorities: Authorities, forced: bool },
  { path: ["pallet_grandpa", "StoredPendingChange"] },
);

const declaration = definePallet("Grandpa", {
  docs: "Who finalizes blocks: the voters and the changes of their set.",
  storage: {
    PendingChange: value(StoredPendingChange, {
      docs: "Change to be announced at the end of block `scheduledAt`.",
    }),
    LastChange: value(u32, { docs: "Block that announced the last change." }),
    CurrentSetId: value(u64, { default: 0n, docs: "Number of changes of the set since genesis." }),
    Authorities: value(Authorities, { default: [], docs: "Voters of the present set." }),
  },
  events: {
    NewAuthorities: event(0, { authoritySet: Authorities }, "The voters changed."),
  },
});

type GrandpaContext = ContextOf<typeof declaration>;

export const Grandpa = declaration.implement(() => ({
  calls: {},
  genesis: (ctx, { authorities }: GrandpaGenesis) => {
    assert(authorities.length > 0, "a chain has voters");
    ctx.storage.Authorities.put(authorities);
    ctx.storage.CurrentSetId.put(0n);
  },
  hooks: {
    onFinalize: (ctx) => {
      const change = ctx.storage.PendingChange.get();
      if (change === undefined || ctx.block.number < change.scheduledAt) return;
      const authorities = change.nextAuthorities;
      ctx.env.depositLog(
        grandpaDigestItem({
          type: "ScheduledChange",
          value: { authorities, delay: change.delay },
        }),
      );
      ctx.storage.Authorities.put(authorities);
      ctx.storage.CurrentSetId.mutate((id) => id + 1n);
      ctx.storage.PendingChange.kill();
      ctx.storage.LastChange.put(ctx.block.number);
      ctx.emit.NewAuthorities({ authoritySet: authorities });
    },
  },
  runtimeApis: {
    GrandpaApi: {
      id: "ed99c5acb25eedf5",
      version: 3,
      docs: "What voters and light clients need of GRANDPA.",
      methods: {
        grandpa_authorities: apiMethod(
          { docs: "Voters of the present set.", inputs: {}, output: Authorities },
          (ctx: GrandpaContext) => ctx.storage.Authorities.get(),
        ),
        current_set_id: apiMethod(
          { docs: "Number of changes of the set since genesis.", inputs: {}, output: u64 },
          (ctx: GrandpaContext) => ctx.storage.CurrentSetId.get(),
        ),
      },
    },
  },
}));

/**
 * Announces a new set of voters with the present block, or as soon as the last change is 64 blocks ago. A second
 * change before that replaces the first; none is announced that leads back to the present set.
 */
export function scheduleGrandpaChange(ctx: HasEnv, authorities: readonly Authority[]): void {
  assert(authorities.length > 0, "a chain has voters");
  const { storage, block } = ctx.env.of(declaration);
  if (isSameSet(storage.Authorities.get(), authorities)) {
    storage.PendingChange.kill();
    return;
  }
  const last = storage.LastChange.get();
  const earliest = last === undefined ? 0 : last + MIN_BLOCKS_BETWEEN_CHANGES;
  storage.PendingChange.put({
    scheduledAt: Math.max(block.number, earliest),
    delay: 0,
    nextAuthorities: authorities,
    forced: false,
  });
}

function isSameSet(a: readonly Authority[], b: readonly Authority[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ key, weight }, i) => {
      const other = b[i];
      return other !== undefined && weight === other.weight && equalBytes(key, other.key);
    })
  );
}

/** GRANDPA's voters follow the sessions. */
export const grandpaSessions: SessionHandler = {
  sessionStarted(ctx, index, validators) {
    // Genesis states its voters itself.
    if (index === 0) return;
    scheduleGrandpaChange(
      ctx,
      validators.map(([, { grandpa }]) => ({ key: grandpa, weight: 1n })),
    );
  },
  sessionQueued: () => undefined,
};
