/**
 * Read proofs beside answers: boot, lease, cluster and root at a block, fetched once per (block, boot, cluster).
 *
 * **Bounds**: `MAX_KEPT` proofs, the oldest goes first; a fetch ends by the node client's deadline.
 */
import { answerKeys, type BlockRef, ReadProof } from "@pha/protocol";
import { encode, equalBytes } from "@pha/scale";

export interface ProofOf {
  readonly block: BlockRef;
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
  readonly cluster: Uint8Array;
}

export interface ProofCache {
  /** Encoded `Vec<bytes>` as `QueryResponse.proof` has it. */
  get(of: ProofOf): Promise<Uint8Array>;
}

const MAX_KEPT = 512;
const ATTEMPTS = 3;
const NO_PROOF = Uint8Array.of(0);

export function createProofCache(
  readProof: (keys: readonly Uint8Array[], at: Uint8Array) => Promise<ReadProof>,
): ProofCache {
  const kept = new Map<string, Promise<Uint8Array>>();
  /** Most answers ask for the same proof as the one before. */
  let last: { readonly of: ProofOf; readonly proof: Promise<Uint8Array> } | undefined;

  async function fetchProof({ block, identity, boot, cluster }: ProofOf): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      try {
        const proof = await readProof(answerKeys(identity, boot, cluster), block.hash);
        return encode(ReadProof, proof);
      } catch (error) {
        if (attempt >= ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50 * attempt));
      }
    }
  }

  return {
    get(of) {
      // A refusal concerns no cluster: there is nothing to prove.
      if (of.cluster.every((byte) => byte === 0)) return Promise.resolve(NO_PROOF);
      if (last !== undefined && isSame(last.of, of)) return last.proof;
      const name = `${text(of.block.hash)}${text(of.boot)}${text(of.cluster)}`;
      const known = kept.get(name);
      if (known !== undefined) {
        last = { of: copyOf(of), proof: known };
        return known;
      }
      const fetching = fetchProof(of);
      kept.set(name, fetching);
      fetching.catch(() => {
        kept.delete(name);
        if (last?.proof === fetching) last = undefined;
      });
      for (const oldest of kept.keys()) {
        if (kept.size <= MAX_KEPT) break;
        kept.delete(oldest);
      }
      return fetching;
    },
  };
}

function isSame(a: ProofOf, b: ProofOf): boolean {
  return (
    equalBytes(a.block.hash, b.block.hash) &&
    equalBytes(a.boot, b.boot) &&
    equalBytes(a.cluster, b.cluster)
  );
}

/** Names are views of an answer's frame: what is kept is copied. */
function copyOf({ block, identity, boot, cluster }: ProofOf): ProofOf {
  return {
    block: { number: block.number, hash: block.hash.slice() },
    identity: identity.slice(),
    boot: boot.slice(),
    cluster: cluster.slice(),
  };
}

/** Binary text: the cheapest key of a map. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
