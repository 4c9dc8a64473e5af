/** A chain that honest authors made, with forks, set changes and proofs of finality; and blocks that pretend to be of it. */
import {
  type AuthoritySet,
  type BlockData,
  type BlockRef,
  encodeHeader,
  GRANDPA_ENGINE,
  grandpaDigestItem,
  type Header,
  headerHash,
  Justification,
  signedPrecommitPayload,
} from "@pha/consensus";
import { blake2b256 } from "@pha/crypto";
import { concatBytes, encode, equalBytes, u32, utf8 } from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import type { SeededRandom } from "./seeded-random.ts";
import { type SimKeys, simKeys } from "./sim-keys.ts";

const VOTERS = 4;
const SEAL = utf8("sealed by an honest author");

export interface SyncBlock extends BlockRef {
  readonly header: Header;
  readonly body: readonly Uint8Array[];
}

/** Whether the import takes a block of a known parent: its body is its own and an honest author sealed it. */
export function isValid({ header, body }: Pick<SyncBlock, "header" | "body">): boolean {
  const seal = header.digest.at(-1);
  return (
    equalBytes(header.extrinsicsRoot, orderedTrieRoot(body)) &&
    seal?.type === "Seal" &&
    equalBytes(seal.value.data, sealOf({ ...header, digest: header.digest.slice(0, -1) }))
  );
}

function sealOf(unsealed: Header): Uint8Array {
  return blake2b256(concatBytes(SEAL, encodeHeader(unsealed)));
}

export interface NewBlock {
  readonly parent: SyncBlock;
  /** Makes it another block than its siblings. */
  readonly nonce: number;
  readonly next?: AuthoritySet | undefined;
  readonly isForged?: boolean;
}

export function blockOf({ parent, nonce, next, isForged = false }: NewBlock): SyncBlock {
  const number = parent.number + 1;
  const body = [concatBytes(Uint8Array.of(16), encode(u32, nonce))];
  const unsealed: Header = {
    parentHash: parent.hash,
    number,
    stateRoot: blake2b256(concatBytes(parent.hash, encode(u32, nonce))),
    extrinsicsRoot: orderedTrieRoot(body),
    digest: next
      ? [
          grandpaDigestItem({
            type: "ScheduledChange",
            value: { authorities: next.authorities, delay: 0 },
          }),
        ]
      : [],
  };
  const data = isForged ? blake2b256(parent.hash) : sealOf(unsealed);
  const seal = { type: "Seal", value: { engine: "BABE", data } } as const;
  const header = { ...unsealed, digest: [...unsealed.digest, seal] };
  return { header, body, number, hash: headerHash(header) };
}

export function genesisOf(): SyncBlock {
  const zero = new Uint8Array(32);
  const header = {
    parentHash: zero,
    number: 0,
    stateRoot: zero,
    extrinsicsRoot: zero,
    digest: [],
  };
  return { header, body: [], number: 0, hash: headerHash(header) };
}

/** The best chain of the honest, and what they finalized of it. */
export class SyncTruth {
  readonly main: SyncBlock[] = [genesisOf()];
  /** Blocks besides the best chain that honest authors made. */
  readonly forks: SyncBlock[] = [];
  readonly #keys: SimKeys = simKeys(VOTERS, "real");
  readonly #changeEvery: number;
  readonly #proveEvery: number;
  readonly #lag: number;
  readonly #proofs = new Map<number, Uint8Array>();

  constructor(random: SeededRandom) {
    this.#changeEvery = random.between(70, 150);
    this.#proveEvery = random.between(1, 9);
    this.#lag = random.between(2, 12);
  }

  get best(): SyncBlock {
    return this.at(this.main.length - 1);
  }

  get finalizedNumber(): number {
    return Math.max(0, this.main.length - 1 - this.#lag);
  }

  at(number: number): SyncBlock {
    const block = this.main[number];
    if (block === undefined) throw new Error(`no block ${number}`);
    return block;
  }

  author(): SyncBlock {
    const parent = this.best;
    const isChange = (parent.number + 1) % this.#changeEvery === 0;
    const next = isChange ? this.setOf(parent.number + 2) : undefined;
    const block = blockOf({ parent, nonce: 0, next });
    this.main.push(block);
    return block;
  }

  /** Some blocks beside the newest ones of the best chain. */
  fork(length: number, nonce: number): SyncBlock {
    let parent = this.at(Math.max(this.finalizedNumber, this.best.number - length));
    for (let i = 0; i < length; i++) {
      parent = blockOf({ parent, nonce });
      this.forks.push(parent);
    }
    return parent;
  }

  /** Voters that finalize a height. */
  setOf(number: number): AuthoritySet {
    const setId = Math.floor((number - 1) / this.#changeEvery);
    const { keys } = this.#keys;
    return {
      setId: BigInt(Math.max(0, setId)),
      authorities: keys.map((_, i) => ({
        key: keys[(i + Math.max(0, setId)) % keys.length]!.publicKey,
        weight: 1n,
      })),
    };
  }

  /** Proof of finality of a height, where one is stored. */
  proofOf(number: number): Uint8Array | undefined {
    const isStored = number % this.#proveEvery === 0 || number % this.#changeEvery === 0;
    if (number === 0 || number > this.finalizedNumber || !isStored) return undefined;
    let proof = this.#proofs.get(number);
    if (proof === undefined) {
      proof = this.#prove(number);
      this.#proofs.set(number, proof);
    }
    return proof;
  }

  isChange(number: number): boolean {
    return number > 0 && number % this.#changeEvery === 0;
  }

  data(
    block: SyncBlock,
    parts: { header: boolean; body: boolean; justification: boolean },
  ): BlockData {
    const isMain = this.main[block.number] === block;
    const isServed = parts.justification && (this.isChange(block.number) || !parts.header);
    const proof = isMain && isServed ? this.proofOf(block.number) : undefined;
    return {
      hash: block.hash,
      header: parts.header ? encodeHeader(block.header) : undefined,
      body: parts.body ? block.body : [],
      justifications: proof ? [{ engine: GRANDPA_ENGINE, justification: proof }] : [],
    };
  }

  #prove(number: number): Uint8Array {
    const { hash } = this.at(number);
    const target = { hash, number };
    const { setId } = this.setOf(number);
    const payload = signedPrecommitPayload({ ...target, round: 1n, setId });
    return encode(Justification, {
      round: 1n,
      target,
      precommits: this.#keys.keys
        .slice(0, VOTERS - 1)
        .map(({ publicKey, sign }) => ({ target, signature: sign(payload), authority: publicKey })),
      votesAncestries: [],
    });
  }
}
