/**
 * Historical: which keys were whose in which session, as roots, so that offences can be proven later.
 *
 * **Bounds**: roots of `keptSessions` sessions; keys themselves of the present session only.
 * **Trust**: proofs come from anybody.
 */
import { binaryMerkleRoot } from "@pha/consensus";
import {
  type AccountId,
  accountId,
  type ContextOf,
  configOf,
  definePallet,
  type HasEnv,
  h256,
  map,
  twox64Concat,
  value,
} from "@pha/frame";
import {
  boundedBytes,
  type Codec,
  decode,
  encode,
  equalBytes,
  struct,
  tuple,
  u32,
  u64,
  vec,
} from "@pha/scale";
import { KeyedValidator, type KeyKind, type SessionHandler } from "../session/index.ts";
import { leafOf, leavesOf, merkleTree } from "./tree.ts";

export interface HistoricalConfig {
  readonly keptSessions: number;
  /** Slot of the present block. */
  readonly slot: (ctx: HasEnv) => bigint;
}

const MAX_VALIDATORS = 1_000;
const MAX_PROOF_NODES = 64;

/** Proof that a key was an account's in a session. */
export interface MembershipProof {
  readonly session: number;
  /** The place of the key and its owner, then the siblings. */
  readonly trieNodes: readonly Uint8Array[];
  readonly validatorCount: number;
}
export const MembershipProof: Codec<MembershipProof> = struct(
  { session: u32, trieNodes: vec(boundedBytes(64), MAX_PROOF_NODES), validatorCount: u32 },
  { path: ["sp_session", "MembershipProof"] },
);

const Place = struct({ index: u32, owner: accountId });

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
    const { root } = merkleTree(leavesOf(validators), 0);
    historicalOf(ctx).storage.HistoricalSessions.put(index, [root, validators.length]);
  },
};

/** Proof for a key of the present session; `undefined` when it is nobody's. */
export function proveKey(
  ctx: HasEnv,
  session: number,
  kind: KeyKind,
  key: Uint8Array,
): MembershipProof | undefined {
  const present: readonly KeyedValidator[] = historicalOf(ctx).storage.PresentKeys.get();
  const position = present.findIndex(([, keys]) => equalBytes(keys[kind], key));
  const owner = present[position]?.[0];
  if (owner === undefined) return undefined;
  const index = position * 2 + (kind === "babe" ? 0 : 1);
  const { siblings } = merkleTree(leavesOf(present), index);
  const place = encode(Place, { index, owner });
  return { session, trieNodes: [place, ...siblings], validatorCount: present.length };
}

/** Owner of a key in the session that the proof names; `undefined` when it proves nothing. */
export function ownerOfKey(
  ctx: HasEnv,
  kind: KeyKind,
  key: Uint8Array,
  { session, trieNodes, validatorCount }: MembershipProof,
): AccountId | undefined {
  const known = historicalOf(ctx).storage.HistoricalSessions.get(session);
  const [first, ...siblings] = trieNodes;
  const place = first && decode(Place, first);
  if (known === undefined || !place?.ok || known[1] !== validatorCount) return undefined;
  if (siblings.some(({ length }) => length !== 32)) return undefined;
  const { index, owner } = place.value;
  const root = binaryMerkleRoot({
    proof: siblings,
    numberOfLeaves: BigInt(validatorCount) * 2n,
    leafIndex: BigInt(index),
    leaf: leafOf(kind, key, owner),
  });
  return root && equalBytes(root, known[0]) ? owner : undefined;
}

/** Whether a slot was in a session. */
export function isSlotOfSession(ctx: HasEnv, slot: bigint, session: number): boolean {
  const { SessionSlots } = historicalOf(ctx).storage;
  const start = SessionSlots.get(session);
  const end = SessionSlots.get(session + 1);
  return start !== undefined && slot >= start && (end === undefined || slot < end);
}
