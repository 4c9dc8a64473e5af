/**
 * What each key has signed: for one slot one header, for one set and round one vote of a kind. A second, other one is an
 * equivocation, for which a validator is slashed.
 *
 * **Bounds**: of each key and kind the `KEPT_POSITIONS` highest positions; at or below the highest one that was let go
 * nothing is signed any more. So a clock that once ran ahead costs one position, not every slot until then.
 * `MAX_HISTORIES` keys and kinds. **Not here**: disk (`signing-journal.ts`).
 */
import type { VoteKind } from "@pha/consensus";
import {
  assert,
  type Codec,
  equalBytes,
  fixedBytes,
  mapCodec,
  option,
  struct,
  toHex,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";

export const KEPT_POSITIONS = 64;
export const MAX_HISTORIES = 4096;

export type SigningKind = "seal" | VoteKind;

/** Ordered by `major`, then `minor`: 0 and the slot, or set id and round. */
interface Position {
  readonly major: bigint;
  readonly minor: bigint;
}

export interface Signing extends Position {
  /** Public key, 32 bytes. */
  readonly key: Uint8Array;
  readonly kind: SigningKind;
  /** Of what is signed, 32 bytes. */
  readonly digest: Uint8Array;
}

const Kind: Codec<SigningKind> = mapCodec(
  variants({
    seal: variant(0, unit),
    prevote: variant(1, unit),
    precommit: variant(2, unit),
    proposal: variant(3, unit),
  }),
  ({ type }) => type,
  (type) => ({ type, value: undefined }),
);

const key = fixedBytes(32);
const digest = fixedBytes(32);

export const Signing: Codec<Signing> = struct({ key, kind: Kind, major: u64, minor: u64, digest });

/** All that counts of one key and kind. */
export interface SigningHistory {
  readonly key: Uint8Array;
  readonly kind: SigningKind;
  /** Highest position that was let go. */
  readonly floor: Position | undefined;
  /** Ascending. */
  readonly signed: readonly (Position & { readonly digest: Uint8Array })[];
}

export const SigningHistory: Codec<SigningHistory> = struct({
  key,
  kind: Kind,
  floor: option(struct({ major: u64, minor: u64 })),
  signed: vec(struct({ major: u64, minor: u64, digest }), KEPT_POSITIONS),
});

export type SigningVerdict =
  /** Nothing was signed there. */
  | "new"
  /** Just this was. */
  | "again"
  /** Something else was. */
  | "conflict"
  /** What was signed there is not known any more. */
  | "too-old"
  | "too-many-keys";

export class SigningRecord {
  readonly #histories = new Map<string, SigningHistory>();

  constructor(histories: readonly SigningHistory[] = []) {
    for (const history of histories) this.#histories.set(nameOf(history), history);
  }

  judge(signing: Signing): SigningVerdict {
    const history = this.#histories.get(nameOf(signing));
    if (history === undefined)
      return this.#histories.size < MAX_HISTORIES ? "new" : "too-many-keys";
    const same = history.signed.find((one) => compare(one, signing) === 0);
    if (same) return equalBytes(same.digest, signing.digest) ? "again" : "conflict";
    return history.floor && compare(signing, history.floor) <= 0 ? "too-old" : "new";
  }

  add(signing: Signing): void {
    assert(this.judge(signing) === "new", "what is added was judged");
    const { kind, major, minor, digest } = signing;
    const { signed, floor } = this.#histories.get(nameOf(signing)) ?? {
      signed: [],
      floor: undefined,
    };
    const all = [...signed, { major, minor, digest }].sort(compare);
    const dropped = all.length > KEPT_POSITIONS ? all.shift() : undefined;
    this.#histories.set(nameOf(signing), {
      key: signing.key.slice(),
      kind,
      floor: dropped ? { major: dropped.major, minor: dropped.minor } : floor,
      signed: all,
    });
  }

  histories(): readonly SigningHistory[] {
    return [...this.#histories.values()];
  }
}

function nameOf({ key, kind }: Pick<Signing, "key" | "kind">): string {
  return `${kind} ${toHex(key)}`;
}

function compare(a: Position, b: Position): number {
  if (a.major !== b.major) return a.major < b.major ? -1 : 1;
  if (a.minor !== b.minor) return a.minor < b.minor ? -1 : 1;
  return 0;
}
