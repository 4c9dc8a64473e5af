/**
 * Grandpa: who finalizes blocks.
 *
 * A change takes effect in the block that announces it (delay 0): that block is finalized by the old set, later ones
 * by the new.
 */
import { Authorities, type Authority, grandpaDigestItem } from "@pha/consensus";
import { apiMethod, type ContextOf, definePallet, event, type HasEnv, value } from "@pha/frame";
import { assert, bool, struct, u32, u64 } from "@pha/scale";

export interface GrandpaGenesis {
  readonly authorities: readonly Authority[];
}

const StoredPendingChange = struct(
  { scheduledAt: u32, delay: u32, nextAuthorities: Authorities, forced: bool },
  { path: ["pallet_grandpa", "StoredPendingChange"] },
);

const declaration = definePallet("Grandpa", {
  docs: "Who finalizes blocks: the voters and the changes of their set.",
  storage: {
    PendingChange: value(StoredPendingChange, {
      docs: "Change to be announced at the end of the present block.",
    }),
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
      if (change === undefined) return;
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

/** Announces a new set of voters with the present block. A second change in one block replaces the first. */
export function scheduleGrandpaChange(ctx: HasEnv, authorities: readonly Authority[]): void {
  assert(authorities.length > 0, "a chain has voters");
  const { storage, block } = ctx.env.of(declaration);
  storage.PendingChange.put({
    scheduledAt: block.number,
    delay: 0,
    nextAuthorities: authorities,
    forced: false,
  });
}
