/** Sudo: one account that may call as root. On development chains only. */
import {
  type AccountId,
  accountId,
  accountOf,
  CANNOT_LOOKUP,
  type ContextOf,
  type DispatchOutcome,
  DispatchResult,
  definePallet,
  ensure,
  error,
  event,
  MultiAddress,
  NO_WEIGHT,
  ROOT,
  signed,
  signedBy,
  value,
} from "@pha/frame";
import { equalBytes, option } from "@pha/scale";
import { WEIGHTS } from "./weights.ts";

export interface SudoGenesis {
  readonly key: AccountId;
}

const declaration = definePallet("Sudo", {
  docs: "One account that may call as root; on development chains only.",
  storage: {
    Key: value(accountId, { docs: "The account that may call as root." }),
  },
  events: {
    Sudid: event(0, { sudoResult: DispatchResult }, "A call ran as root."),
    KeyChanged: event(
      1,
      { old: option(accountId), new: accountId },
      "Another account may call as root.",
    ),
    SudoAsDone: event(3, { sudoResult: DispatchResult }, "A call ran as another account."),
  },
  errors: {
    RequireSudo: error(0, "The caller is not the root account."),
  },
});

type SudoContext = ContextOf<typeof declaration> & { readonly caller: AccountId };

export const Sudo = declaration.implement(({ call, runtimeCall }) => ({
  calls: {
    sudo: call(
      0,
      {
        docs: "Runs a call as root.",
        origin: signed,
        args: { call: runtimeCall },
        typeNames: { call: "Box<<T as Config>::RuntimeCall>" },
        weight: { base: WEIGHTS.sudo, calls: { argument: "call", weight: NO_WEIGHT } },
      },
      (ctx, args) => {
        ensureSudo(ctx);
        ctx.emit.Sudid({ sudoResult: resultOf(ctx.env.dispatch(args.call, ROOT)) });
        return { paysFee: false };
      },
    ),
    set_key: call(
      2,
      {
        docs: "Hands the right to call as root to another account.",
        origin: signed,
        args: { new: MultiAddress },
        typeNames: { new: "AccountIdLookupOf<T>" },
        weight: WEIGHTS.set_key,
      },
      (ctx, args) => {
        ensureSudo(ctx);
        const next = lookup(args.new);
        const old = ctx.storage.Key.get();
        ctx.storage.Key.put(next);
        ctx.emit.KeyChanged({ old, new: next });
        return { paysFee: false };
      },
    ),
    sudo_as: call(
      3,
      {
        docs: "Runs a call as another account.",
        origin: signed,
        args: { who: MultiAddress, call: runtimeCall },
        typeNames: { who: "AccountIdLookupOf<T>", call: "Box<<T as Config>::RuntimeCall>" },
        weight: { base: WEIGHTS.sudo, calls: { argument: "call", weight: NO_WEIGHT } },
      },
      (ctx, args) => {
        ensureSudo(ctx);
        const outcome = ctx.env.dispatch(args.call, signedBy(lookup(args.who)));
        ctx.emit.SudoAsDone({ sudoResult: resultOf(outcome) });
        return { paysFee: false };
      },
    ),
  },
  genesis: (ctx, { key }: SudoGenesis) => ctx.storage.Key.put(key),
}));

function ensureSudo(ctx: SudoContext): void {
  const key = ctx.storage.Key.get();
  ensure(key !== undefined && equalBytes(key, ctx.caller), ctx.errors.RequireSudo);
}

function lookup(address: MultiAddress): AccountId {
  const account = accountOf(address);
  ensure(account !== undefined, CANNOT_LOOKUP);
  return account;
}

function resultOf(outcome: DispatchOutcome): DispatchResult {
  return outcome.ok ? { ok: true, value: undefined } : { ok: false, error: outcome.error };
}
