/** Import of a block of pre-verified transfers by a second chain in this process, against hashing its state changes. */
import { blake2b256 } from "@pha/crypto";
import { aDevChain, createSigner, testPair } from "@pha/node/testing";
import { developmentPreset } from "@pha/runtime";
import { type Bench, median } from "./bench.ts";

const TRANSFERS = 1_000;
const ROUNDS = 5;
const FIRST_SLOT = 1_000;
const SLOT_MS = 1_000;

export const blockImport: Bench = {
  id: "block/import-1000",
  async run() {
    const author = aDevChain();
    const follower = aDevChain({ follows: true });
    const { runtime } = developmentPreset();
    const signer = createSigner(runtime, author.chain.genesisHash, "//Alice");
    const targets = Array.from(
      { length: TRANSFERS },
      (_, i) => testPair(`//Target//${i}`).publicKey,
    );
    const times: number[] = [];
    let nonce = 0;
    let imported = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const target of targets)
        author.pool.submit(signer.transfer(target, 2_000_000_000n, nonce++));
      await author.author();
      await author.author();
      await author.author();
      let elapsed = 0;
      let count = 0;
      for (const { header, body } of author.blocks().slice(imported)) {
        imported += 1;
        const at = {
          nowSlot: BigInt(FIRST_SLOT + header.number + 10),
          inherentData: inherents((FIRST_SLOT + header.number) * SLOT_MS),
        };
        const began = performance.now();
        const result = follower.chain.importBlock(header, body, at);
        elapsed += performance.now() - began;
        count += body.length - 1;
        if (!result.ok) throw new Error(`the block is refused: ${result.error.code}`);
      }
      times.push((elapsed / count) * TRANSFERS);
    }
    const node = new Uint8Array(110);
    const began = performance.now();
    for (let i = 0; i < TRANSFERS * 8; i++) {
      node[0] = i & 255;
      blake2b256(node);
    }
    const hashing = performance.now() - began;
    return [
      {
        id: "block/import-1000",
        value: median(times.slice(1)),
        unit: "ms",
        better: "smaller",
        against: { name: "hashing of its trie nodes", value: hashing },
        samples: ROUNDS - 1,
        floor: 400,
        goal: 150,
      },
    ];
  },
};

function inherents(timestampMs: number): ReadonlyMap<string, Uint8Array> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timestampMs), true);
  return new Map([["timstap0", bytes]]);
}
