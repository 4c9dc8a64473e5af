/** Declaration of Session: names and indexes are Substrate's. */
import {
  type AccountId,
  accountId,
  type ContextOf,
  configOf,
  definePallet,
  error,
  event,
  type HasEnv,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import { bool, bytes, fixedBytes, tuple, u32, vec } from "@pha/scale";
import type { AccountStore } from "../system/index.ts";
import { KeyedValidator, SessionKeys } from "./types.ts";

/** Who decides on validators; told of every session. */
export interface SessionManager {
  /** Validators of a session two ahead of the one that ends; `undefined` keeps them. */
  newSession(ctx: HasEnv, index: number): readonly AccountId[] | undefined;
  startSession(ctx: HasEnv, index: number): void;
  endSession(ctx: HasEnv, index: number): void;
}

/** What follows from a new session. */
export interface SessionHandler {
  sessionStarted(ctx: HasEnv, index: number, validators: readonly KeyedValidator[]): void;
  /** Validators of the session after it are known. */
  sessionQueued(ctx: HasEnv, index: number, validators: readonly KeyedValidator[]): void;
}

export interface SessionConfig {
  readonly accounts: AccountStore;
  readonly manager: SessionManager;
  readonly handlers: readonly SessionHandler[];
}

export const MAX_VALIDATORS = 1_000;

export const declaration = definePallet("Session", {
  docs: "Validators and their keys, session by session.",
  config: configOf<SessionConfig>(),
  storage: {
    Validators: value(vec(accountId, MAX_VALIDATORS), {
      default: [],
      docs: "Validators of the present session, in the order of BABE's authorities.",
    }),
    CurrentIndex: value(u32, { default: 0, docs: "Index of the present session." }),
    QueuedChanged: value(bool, {
      default: false,
      docs: "Whether validators or keys of the next session differ from the present ones.",
    }),
    QueuedKeys: value(vec(KeyedValidator, MAX_VALIDATORS), {
      default: [],
      docs: "Validators of the next session, with their keys.",
    }),
    DisabledValidators: value(vec(u32, MAX_VALIDATORS), {
      default: [],
      docs: "Positions of validators that are disabled for the rest of the session, in order.",
    }),
    NextKeys: map(twox64Concat, accountId, SessionKeys, {
      docs: "Keys of an account from the session after next on.",
    }),
    KeyOwner: map(twox64Concat, tuple(fixedBytes(4), bytes), accountId, {
      docs: "Account of a key, by kind and key.",
    }),
  },
  events: {
    NewSession: event(0, { sessionIndex: u32 }, "A session began."),
    ValidatorDisabled: event(
      2,
      { validator: accountId },
      "A validator was disabled for the rest of the session.",
    ),
  },
  errors: {
    InvalidProof: error(0, "The proof does not show that the account holds the keys."),
    NoAssociatedValidatorId: error(1, "The account cannot be a validator."),
    DuplicatedKey: error(2, "One of the keys is another account's."),
    NoKeys: error(3, "The account has no keys."),
    NoAccount: error(4, "The account does not exist."),
  },
});

export type SessionContext = ContextOf<typeof declaration>;

/** The pallet's context on the block that `ctx` leads to. */
export function sessionOf(ctx: HasEnv): SessionContext {
  return ctx.env.of(declaration);
}
