import { babeSealItem, type Header, sealPayload } from "@pha/consensus";
import { developmentPreset } from "@pha/runtime";
import { beforeAll, describe, expect, test } from "vitest";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../testing/dev-chain.ts";
import { createSigner, type TestSigner, testPair } from "../testing/signer.ts";
import { inherentDataAt } from "./inherent-data.ts";

const { runtime } = developmentPreset();
const target = testPair("//Sink").publicKey;
let signer: TestSigner;
let author: DevChain;

beforeAll(async () => {
  author = aDevChain();
  signer = createSigner(runtime, author.chain.genesisHash, "//Alice");
  for (let block = 0; block < 5; block++) {
    author.pool.submit(signer.transfer(target, 10_000_000_000n, block));
    await author.author();
  }
});

const contextAt = (number: number) => ({
  nowSlot: BigInt(FIRST_SLOT + number + 10),
  inherentData: inherentDataAt((FIRST_SLOT + number) * SLOT_MS),
});

/** Seals a changed header again, as the author could. */
function resealed(header: Header): Header {
  const unsealed = { ...header, digest: header.digest.slice(0, -1) };
  const seal = babeSealItem(author.keystore.signSeal(sealPayload(unsealed)));
  return { ...unsealed, digest: [...unsealed.digest, seal] };
}

describe("import of the blocks of another node", () => {
  test("gives the same best block and the same state", () => {
    const follower = aDevChain({ follows: true });
    for (const { header, body } of author.blocks()) {
      expect(body).toHaveLength(2);
      expect(follower.chain.importBlock(header, body, contextAt(header.number)).ok).toBe(true);
    }
    expect(follower.chain.best.hash).toEqual(author.chain.best.hash);
    const { header } = follower.chain.best;
    expect(follower.chain.stateOf(header).root).toEqual(header.stateRoot);
  });

  test("refuses what was changed, whoever sealed it, and keeps nothing of it", () => {
    const [first] = author.blocks();
    const { header, body } = first!;
    const flip = (bytes: Uint8Array) => bytes.map((byte, index) => (index === 3 ? byte ^ 1 : byte));
    const cases: [string, Header, readonly Uint8Array[]][] = [
      ["babe/bad-seal", { ...header, stateRoot: flip(header.stateRoot) }, body],
      ["import/wrong-state-root", resealed({ ...header, stateRoot: flip(header.stateRoot) }), body],
      [
        "import/refused",
        resealed({ ...header, extrinsicsRoot: flip(header.extrinsicsRoot) }),
        body,
      ],
      ["import/refused", header, body.slice(0, 1)],
      ["import/unknown-parent", resealed({ ...header, parentHash: flip(header.parentHash) }), body],
      ["import/wrong-number", resealed({ ...header, number: 2 }), body],
      ["babe/no-seal", { ...header, digest: header.digest.slice(0, -1) }, body],
      [
        "import/refused",
        resealed({
          ...header,
          digest: [
            ...header.digest.slice(0, -1),
            { type: "Other", value: Uint8Array.of(1) },
            ...header.digest.slice(-1),
          ],
        }),
        body,
      ],
    ];
    const follower = aDevChain({ follows: true });
    for (const [code, changed, changedBody] of cases) {
      const imported = follower.chain.importBlock(changed, changedBody, contextAt(1));
      expect(imported.ok ? "imported" : imported.error.code).toBe(code);
    }
    expect(follower.chain.best.number).toBe(0);
    expect(follower.chain.importBlock(header, body, contextAt(1)).ok).toBe(true);
    expect(follower.chain.importBlock(header, body, contextAt(1))).toMatchObject({
      error: { code: "import/known" },
    });
  });

  test("refuses a block of a slot that has not begun", () => {
    const [first] = author.blocks();
    const { header, body } = first!;
    const early = { ...contextAt(1), nowSlot: BigInt(FIRST_SLOT - 1) };
    expect(aDevChain({ follows: true }).chain.importBlock(header, body, early)).toMatchObject({
      error: { code: "babe/slot-in-future" },
    });
  });
});

describe("a block whose time is not ours", () => {
  test("is refused naming the inherent", () => {
    const [first] = author.blocks();
    const { header, body } = first!;
    const early = { ...contextAt(1), inherentData: inherentDataAt(0) };
    expect(aDevChain({ follows: true }).chain.importBlock(header, body, early)).toEqual({
      ok: false,
      error: { code: "import/inherent", reason: expect.stringMatching(/^timstap0: /) },
    });
  });
});

describe("two branches", () => {
  test("the longer one becomes best, and what only the other had goes back to the pool", async () => {
    const one = aDevChain();
    const other = aDevChain();
    const follower = aDevChain({ follows: true });
    const types: string[] = [];
    const extrinsic = signer.transfer(target, 10_000_000_000n, 0);
    const id = follower.pool.submit(extrinsic);
    follower.pool.watch(id, ({ type }) => types.push(type));
    one.pool.submit(extrinsic);
    await one.author();
    for (let block = 0; block < 3; block++) await other.author();
    const heads: [number, number, number][] = [];
    follower.chain.events.subscribe((event) => {
      if (event.type !== "best") return;
      heads.push([event.block.number, event.retracted.length, event.enacted.length]);
    });
    for (const { header, body } of [...one.blocks(), ...other.blocks()]) {
      const imported = follower.chain.importBlock(header, body, contextAt(header.number));
      expect(imported.ok).toBe(true);
    }
    expect(follower.chain.best.hash).toEqual(other.chain.best.hash);
    expect(heads.some(([, retracted]) => retracted > 0)).toBe(true);
    expect(types.slice(0, 3)).toEqual(["ready", "inBlock", "retracted"]);
    expect(follower.pool.pending()).toEqual([extrinsic]);
    expect(follower.chain.finalized.number).toBe(0);
    for (const { header } of other.blocks())
      expect(follower.chain.hashAt(header.number)).toEqual(other.chain.hashAt(header.number));
  });
});
