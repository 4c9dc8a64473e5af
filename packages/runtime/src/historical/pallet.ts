/**
 * Historical: which keys were whose in which session, as roots, so that offences can be proven later.
 *
 * The keys themselves are in the state of the present session only. Who proves an offence of an earlier session asks the
 * state of a block of that session for the proof; the chain keeps what it takes to check it.
 *
 * **Bounds**: roots and slots of `keptSessions` sessions; keys of the present session only.
 * **Trust**: proofs come from anybody.
 */
import { type KeyHolder, keyOwnershipRoot, proveKeyOwner, provenKeyOwner } from "@pha/consensus";
import {
  type AccountId,
  type ContextOf,
  configOf,
  definePallet,
  type HasEnv,
  h256,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import { boundedBytes, type Codec, struct, tuple, u32, u64, vec } from "@pha/scale";
import {
  KEY_KINDS,
  KEY_TYPE_IDS,
  KeyedValidator,
  type KeyKind,
  type SessionHandler,
} from "../session/index.ts";

export interface HistoricalConfig {
  readonly keptSessions: number;
  /** Slot of the present block. */
  readonly slot: (ctx: HasEnv) => bigint;
}

const MAX_VALIDATORS = 1_000;
/** A path has a node a nibble that keys share by chance: of a thousand validators, four or five; there are two paths. */
const MAX_PROOF_NODES = 32;
/** A branch of the trie: sixteen hashes, a partial key, a value. */
const MAX_NODE_BYTES = 1_024;

/** Proof that a key was an account's in a session. */
export interface MembershipProof {
  readonly session: number;
  /** From the root to the position of the key's owner, and from the root to the owner. */
  readonly trieNodes: readonly Uint8Array[];
  readonly validatorCount: number;
}
export const MembershipProof: Codec<MembershipProof> = struct(
  {
    session: u32,
    trieNodes: vec(boundedBytes(MAX_NODE_BYTES), MAX_PROOF_NODES),
    validatorCount: u32,
  },
  { path: ["sp_session", "MembershipProof"] },
);

const declaration = definePallet("Historical", {
  docs: "Whose keys were whose in past sessions.",
  config: configOf<HistoricalConfig>(),
  storage: {
    HistoricalSessions: map(twox64Concat, u32, tuple(h256, u32), {
      docs: "Root over the keys of a session, and number of its validators.",
    }),
    SessionSlots: map(twox64Concat, u32, u64, { docs: "Slot in which a session began." }),
    PresentKeys: value(vec(KeyedValidator, MAX_VALIDATORS), {
      default: [],
      docs: "Keys of the present session.",
    }),
  },
});

type HistoricalContext = ContextOf<typeof declaration>;

export const Historical = declaration.implement(() => ({ calls: {} }));

const historicalOf = (ctx: HasEnv): HistoricalContext => ctx.env.of(declaration);

const holderOf = ([owner, keys]: KeyedValidator): KeyHolder => ({
  owner,
  keys: KEY_KINDS.map((kind) => ({ kind: KEY_TYPE_IDS[kind], key: keys[kind] })),
});

/** Remembers the keys of sessions. */
export const historicalSessions: SessionHandler = {
  sessionStarted(ctx, index, validators) {
    const { storage, config } = historicalOf(ctx);
    storage.PresentKeys.put(validators);
    storage.SessionSlots.put(index, config.slot(ctx));
    const old = index - config.keptSessions;
    if (old < 0) return;
    storage.HistoricalSessions.remove(old);
    storage.SessionSlots.remove(old);
  },
  sessionQueued(ctx, index, validators) {
    const root = keyOwnershipRoot(validators.map(holderOf));
    historicalOf(ctx).storage.HistoricalSessions.put(index, [root, validators.length]);
  },
};

/** Proof for a key of the present session, which is `session`; `undefined` when it is nobody's. */
export function proveKey(
  ctx: HasEnv,
  session: number,
  kind: KeyKind,
  key: Uint8Array,
): MembershipProof | undefined {
  const present: readonly KeyedValidator[] = historicalOf(ctx).storage.PresentKeys.get();
  const trieNodes = proveKeyOwner(present.map(holderOf), { kind: KEY_TYPE_IDS[kind], key });
  return trieNodes && { session, trieNodes, validatorCount: present.length };
}

/** Owner of a key in the session that the proof names; `undefined` when it proves nothing. */
export function ownerOfKey(
  ctx: HasEnv,
  kind: KeyKind,
  key: Uint8Array,
  { session, trieNodes, validatorCount }: MembershipProof,
): AccountId | undefined {
  const known = historicalOf(ctx).storage.HistoricalSessions.get(session);
  if (known === undefined || known[1] !== validatorCount) return undefined;
  return provenKeyOwner(known[0], trieNodes, { kind: KEY_TYPE_IDS[kind], key });
}

/** Whether a slot was in a session. */
export function isSlotOfSession(ctx: HasEnv, slot: bigint, session: number): boolean {
  const { SessionSlots } = historicalOf(ctx).storage;
  const start = SessionSlots.get(session);
  const end = SessionSlots.get(session + 1);
  return start !== undefined && slot >= start && (end === undefined || slot < end);
}

/** Whether the root of a session is still known. */
export function isRemembered(ctx: HasEnv, session: number): boolean {
  return historicalOf(ctx).storage.HistoricalSessions.has(session);
}
