/**
 * Blocks of the simulation: real headers with real hashes and set changes; who may author is a model, because what
 * finality sees of it are forks, gaps and primary claims.
 */
import {
  type AuthoritySet,
  type BlockRef,
  grandpaDigestItem,
  type Header,
  headerHash,
} from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { concatBytes, encode, u32 } from "@pha/scale";
import type { Scenario } from "./scenario.ts";
import { seededRandom } from "./seeded-random.ts";
import type { SimKeys } from "./sim-keys.ts";

export interface SlotAuthors {
  /** May be several, or none. */
  readonly primaries: readonly number[];
  /** Authors as well when it has seen no block of the slot. */
  readonly secondary: number;
}

const ROOT = new Uint8Array(32);
const REST = new Uint8Array(27);

export const GENESIS: Header = {
  parentHash: ROOT,
  number: 0,
  stateRoot: ROOT,
  extrinsicsRoot: ROOT,
  digest: [],
};

const hashes = new WeakMap<Header, Uint8Array>();

/** Of a header that is never changed: everyone in the simulation asks for the same ones. */
export function hashOf(header: Header): Uint8Array {
  let hash = hashes.get(header);
  if (hash === undefined) {
    hash = headerHash(header);
    hashes.set(header, hash);
  }
  return hash;
}

export function refOf(header: Header): BlockRef {
  return { hash: hashOf(header), number: header.number };
}

export function authorsOf(scenario: Scenario, slot: number): SlotAuthors {
  const random = seededRandom(scenario.seed * 7_919 + slot);
  const anyone = (): number => random.between(0, scenario.validators - 1);
  const primaries = random.chance(0.3) ? [] : [anyone()];
  if (random.chance(scenario.fork)) primaries.push(anyone());
  return { primaries: [...new Set(primaries)], secondary: anyone() };
}

/** The members of a set, in an order of its own; one is left out where the bad ones stay fewer than a third. */
export function setAfter(scenario: Scenario, { keys }: SimKeys, setId: bigint): AuthoritySet {
  const random = seededRandom(scenario.seed * 104_729 + Number(setId));
  const { validators, equivocators, silent } = scenario;
  const order = random.shuffled(Array.from({ length: validators }, (_, i) => i));
  const bad = equivocators.length + silent.length;
  const mayShrink = validators > 1 && bad <= Math.floor((validators - 2) / 3);
  const members = setId > 0n && mayShrink && random.chance(0.5) ? order.slice(1) : order;
  return {
    setId,
    authorities: members.flatMap((i) => {
      const key = keys[i];
      return key ? [{ key: key.publicKey, weight: 1n }] : [];
    }),
  };
}

export interface BlockInput {
  readonly scenario: Scenario;
  readonly keys: SimKeys;
  readonly parent: Header;
  readonly author: number;
  readonly slot: number;
  readonly claim: "primary" | "secondary";
}

export function blockOn({ scenario, keys, parent, author, slot, claim }: BlockInput): Header {
  const number = parent.number + 1;
  const isChange = number % scenario.changeEvery === 0;
  const next = setAfter(scenario, keys, BigInt(Math.floor(number / scenario.changeEvery)));
  return {
    parentHash: hashOf(parent),
    number,
    stateRoot: blake2b256(concatBytes(encode(u32, slot), encode(u32, author))),
    extrinsicsRoot: concatBytes(
      Uint8Array.of(claim === "primary" ? 1 : 0),
      encode(u32, slot),
      REST,
    ),
    digest: isChange
      ? [
          grandpaDigestItem({
            type: "ScheduledChange",
            value: { authorities: next.authorities, delay: 0 },
          }),
        ]
      : [],
  };
}

export function isPrimary({ extrinsicsRoot }: Header): boolean {
  return extrinsicsRoot[0] === 1;
}

/** The slot a block was authored in; the genesis block has none, which is 0. */
export function slotOf({ extrinsicsRoot }: Header): number {
  return new DataView(extrinsicsRoot.buffer, extrinsicsRoot.byteOffset).getUint32(1, true);
}
