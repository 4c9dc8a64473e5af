/**
 * Sessions follow each other: the queued validators become the present ones, and the next are queued.
 *
 *     keys set ─► queued at the end of session s ─► in force from s + 1, when session s ends
 *
 * **Bounds**: linear in the number of validators, at most `MAX_VALIDATORS`.
 */
import { type AccountId, type HasEnv, linearWeight } from "@pha/frame";
import { equalBytes, utf8 } from "@pha/scale";
import { MAX_VALIDATORS, type SessionContext, sessionOf } from "./declaration.ts";
import { KEY_KINDS, KEY_TYPE_IDS, type KeyedValidator, type SessionKeys } from "./types.ts";
import { WEIGHTS } from "./weights.ts";

/** Ends the present session. @returns validators of the session after the one that begins */
export function rotateSession(ctx: HasEnv): readonly KeyedValidator[] {
  const session = sessionOf(ctx);
  const { storage, config } = session;
  const ended = storage.CurrentIndex.get();
  config.manager.endSession(ctx, ended);
  const present = storage.QueuedKeys.get();
  const weight = linearWeight(WEIGHTS.rotate, WEIGHTS.rotate_per_validator, present.length);
  ctx.env.useWeight(weight, "Mandatory");
  if (storage.QueuedChanged.get()) storage.Validators.put(present.map(([account]) => account));
  storage.DisabledValidators.kill();
  const index = ended + 1;
  storage.CurrentIndex.put(index);
  config.manager.startSession(ctx, index);
  const elected = config.manager.newSession(ctx, index + 1);
  const next = withKeys(session, elected ?? storage.Validators.get());
  // Without anybody who has keys the chain would stop: the present validators go on.
  const queued = next.length > 0 ? next : present;
  storage.QueuedKeys.put(queued);
  storage.QueuedChanged.put(!isSameValidators(present, queued));
  session.emit.NewSession({ sessionIndex: index });
  for (const handler of config.handlers) handler.sessionStarted(ctx, index, present);
  for (const handler of config.handlers) handler.sessionQueued(ctx, index + 1, queued);
  return queued;
}

/** Those of the accounts that have keys. */
function withKeys(
  { storage }: SessionContext,
  accounts: readonly AccountId[],
): readonly KeyedValidator[] {
  return accounts.slice(0, MAX_VALIDATORS).flatMap((account): KeyedValidator[] => {
    const keys = storage.NextKeys.get(account);
    return keys ? [[account, keys]] : [];
  });
}

function isSameValidators(a: readonly KeyedValidator[], b: readonly KeyedValidator[]): boolean {
  return (
    a.length === b.length &&
    a.every(([account, keys], i) => {
      const [other, otherKeys] = b[i] ?? [];
      return (
        other !== undefined &&
        otherKeys !== undefined &&
        equalBytes(account, other) &&
        isSameKeys(keys, otherKeys)
      );
    })
  );
}

function isSameKeys(a: SessionKeys, b: SessionKeys): boolean {
  return KEY_KINDS.every((kind) => equalBytes(a[kind], b[kind]));
}

/** Keys of `account` from now on; those it had are free again. */
export function putKeys(
  { storage }: SessionContext,
  account: AccountId,
  keys: SessionKeys | undefined,
): void {
  const before = storage.NextKeys.get(account);
  if (before) for (const kind of KEY_KINDS) storage.KeyOwner.remove(ownerKey(kind, before));
  if (keys === undefined) {
    storage.NextKeys.remove(account);
    return;
  }
  for (const kind of KEY_KINDS) storage.KeyOwner.put(ownerKey(kind, keys), account);
  storage.NextKeys.put(account, keys);
}

export function ownerKey(
  kind: (typeof KEY_KINDS)[number],
  keys: SessionKeys,
): [Uint8Array, Uint8Array] {
  return [utf8(KEY_TYPE_IDS[kind]), keys[kind]];
}
