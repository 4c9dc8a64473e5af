/** A chain for tests of the network: headers in a row, proofs that are only names. */
import {
  type BlockData,
  type BlockRef,
  encodeHeader,
  type Header,
  headerHash,
  type WarpProof,
} from "@pha/consensus";
import { utf8 } from "@pha/scale";
import type { NetworkChain } from "../network-chain.ts";

export interface FakeChain extends NetworkChain {
  readonly headers: readonly Header[];
}

/** @param seed chains with another one have another genesis */
export function fakeChain(length: number, seed = 0): FakeChain {
  const zero = new Uint8Array(32);
  const stateRoot = new Uint8Array(32).fill(seed);
  const headers: Header[] = [];
  for (let number = 0; number <= length; number++) {
    const parent = headers.at(-1);
    const parentHash = parent === undefined ? zero : headerHash(parent);
    headers.push({ parentHash, number, stateRoot, extrinsicsRoot: zero, digest: [] });
  }
  const refs: BlockRef[] = headers.map((header) => ({
    hash: headerHash(header),
    number: header.number,
  }));
  const last = headers.at(-1);
  const proof: WarpProof = {
    fragments: last
      ? [
          {
            header: last,
            justification: {
              round: 1n,
              target: { hash: headerHash(last), number: last.number },
              precommits: [],
              votesAncestries: [],
            },
          },
        ]
      : [],
    isFinished: true,
  };
  return {
    headers,
    genesisHash: refs[0]?.hash ?? zero,
    best: () => refs.at(-1) ?? { hash: zero, number: 0 },
    blocks: ({ from, direction, maxBlocks, parts }) => {
      const start = from.number ?? refs.findIndex(({ hash }) => `${hash}` === `${from.hash}`);
      const step = direction === "ascending" ? 1 : -1;
      const found: BlockData[] = [];
      for (let at = start; found.length < maxBlocks; at += step) {
        const header = headers[at];
        const ref = refs[at];
        if (header === undefined || ref === undefined) break;
        found.push({
          hash: ref.hash,
          header: parts.header ? encodeHeader(header) : undefined,
          body: parts.body ? [Uint8Array.of(4, at)] : [],
          justifications: [],
        });
      }
      return found;
    },
    readProof: (_block, keys) => keys,
    callProof: (_block, method) => [utf8(method)],
    state: ({ start }) => ({
      tries: [
        {
          stateRoot: new Uint8Array(0),
          entries: start.map((key) => ({ key, value: key })),
          isComplete: true,
        },
      ],
      proof: new Uint8Array(0),
    }),
    warpProof: () => proof,
  };
}
