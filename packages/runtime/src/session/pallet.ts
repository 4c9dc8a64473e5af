/** Session: who validates, by which keys, in which session. */
import { type AccountId, ensure, type HasEnv, signed } from "@pha/frame";
import { assert, boundedBytes, equalBytes } from "@pha/scale";
import { declaration, type SessionContext, sessionOf } from "./declaration.ts";
import { isOwnershipProof } from "./ownership.ts";
import { ownerKey, putKeys } from "./rotation.ts";
import { KEY_KINDS, type KeyedValidator, SessionKeys } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Longest proof that is looked at. */
const MAX_PROOF_BYTES = 1024;

export interface SessionGenesis {
  /** Validators of the first two sessions, in the order of BABE's authorities. */
  readonly validators: readonly KeyedValidator[];
  /** Accounts with keys that do not validate yet. */
  readonly candidates?: readonly KeyedValidator[];
}

export const Session = declaration.implement(({ call }) => ({
  calls: {
    set_keys: call(
      0,
      {
        docs: "Sets the caller's keys; they count from the session after next on. Each key must sign the caller's name in `proof`.",
        origin: signed,
        args: { keys: SessionKeys, proof: boundedBytes(MAX_PROOF_BYTES) },
        typeNames: { keys: "T::Keys", proof: "Vec<u8>" },
        weight: WEIGHTS.set_keys,
      },
      (ctx, { keys, proof }) => {
        ensure(isOwnershipProof(ctx.caller, keys, proof), ctx.errors.InvalidProof);
        for (const kind of KEY_KINDS) {
          const owner = ctx.storage.KeyOwner.get(ownerKey(kind, keys));
          ensure(owner === undefined || equalBytes(owner, ctx.caller), ctx.errors.DuplicatedKey);
        }
        if (!ctx.storage.NextKeys.has(ctx.caller)) ctx.config.accounts.addConsumer(ctx, ctx.caller);
        putKeys(ctx, ctx.caller, keys);
      },
    ),
    purge_keys: call(
      1,
      {
        docs: "Removes the caller's keys; it does not validate from the session after next on.",
        origin: signed,
        args: {},
        weight: WEIGHTS.purge_keys,
      },
      (ctx) => {
        ensure(ctx.storage.NextKeys.has(ctx.caller), ctx.errors.NoKeys);
        putKeys(ctx, ctx.caller, undefined);
        ctx.config.accounts.removeConsumer(ctx, ctx.caller);
      },
    ),
  },
  genesis: (ctx, { validators, candidates = [] }: SessionGenesis) => {
    assert(validators.length > 0, "a chain has validators");
    for (const [account, keys] of [...validators, ...candidates]) {
      putKeys(ctx, account, keys);
      ctx.config.accounts.addConsumer(ctx, account);
    }
    ctx.storage.Validators.put(validators.map(([account]) => account));
    ctx.storage.QueuedKeys.put(validators);
    for (const handler of ctx.config.handlers) {
      handler.sessionQueued(ctx, 0, validators);
      handler.sessionStarted(ctx, 0, validators);
      handler.sessionQueued(ctx, 1, validators);
    }
  },
  hooks: {
    tryState: (ctx) => {
      for (const [account, keys] of ctx.storage.NextKeys.entries())
        for (const kind of KEY_KINDS) {
          const owner = ctx.storage.KeyOwner.get(ownerKey(kind, keys));
          assert(owner !== undefined && equalBytes(owner, account), "a key is its account's");
        }
      const count = ctx.storage.Validators.get().length;
      for (const index of ctx.storage.DisabledValidators.get())
        assert(index < count, "who is disabled is a validator");
    },
  },
}));

/** Validators of the present session, in the order of BABE's authorities. */
export function validators(ctx: HasEnv): readonly AccountId[] {
  return sessionOf(ctx).storage.Validators.get();
}

export function sessionIndex(ctx: HasEnv): number {
  return sessionOf(ctx).storage.CurrentIndex.get();
}

/** Disables a validator until the session ends: at most a third of them, so that the chain goes on. */
export function disableValidator(ctx: HasEnv, account: AccountId): void {
  const session: SessionContext = sessionOf(ctx);
  const present = session.storage.Validators.get();
  const index = present.findIndex((validator) => equalBytes(validator, account));
  const disabled = session.storage.DisabledValidators.get();
  const limit = Math.floor((present.length - 1) / 3);
  if (index < 0 || disabled.includes(index) || disabled.length >= limit) return;
  session.storage.DisabledValidators.put([...disabled, index].sort((a, b) => a - b));
  session.emit.ValidatorDisabled({ validator: account });
}

export function isDisabled(ctx: HasEnv, index: number): boolean {
  return sessionOf(ctx).storage.DisabledValidators.get().includes(index);
}
