import { addressOf, mortalEra, NONE, verifySignature } from "@pha/frame";
import { equalBytes } from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import { describe, expect, test } from "vitest";
import { DEVELOPMENT, PHA, SUPPLY, TREASURY } from "./parameters.ts";
import { createDevelopmentRuntime } from "./runtime.ts";
import { System } from "./system/index.ts";
import { copyOf, startTestChain } from "./testing/test-chain.ts";

function balance(chain: ReturnType<typeof startTestChain>, account: Uint8Array): bigint {
  return chain.runtime.env(chain.overlay).of(System).storage.Account.get(account).data.free;
}

describe("a block", () => {
  test("moves funds, pays treasury and author, and keeps the supply", () => {
    const chain = startTestChain();
    const bob = chain.account("//Bob");
    const before = balance(chain, bob);
    const treasury = balance(chain, TREASURY);
    const call = chain.runtime.tx.Balances.transfer_keep_alive({
      dest: addressOf(bob),
      value: 5n * PHA,
    });
    const { outcomes } = chain.block([chain.sign("//Charlie", call)]);
    expect(outcomes[0]).toMatchObject({ ok: true, value: { error: undefined } });
    expect(balance(chain, bob)).toBe(before + 5n * PHA);
    expect(balance(chain, TREASURY)).toBeGreaterThan(treasury);
    chain.runtime.tryState(chain.overlay);
    const sum = chain.runtime.env(chain.overlay).of(System).storage.Account;
    let total = 0n;
    for (const [, info] of sum.entries()) total += info.data.free + info.data.reserved;
    expect(total).toBe(SUPPLY);
  });

  test("executes again to the same state and header", () => {
    const chain = startTestChain();
    chain.block();
    const again = copyOf(chain.overlay);
    const call = chain.runtime.tx.System.remark_with_event({ remark: new Uint8Array(20) });
    const made = chain.block([chain.sign("//Alice", call)]);
    const header = { ...made.header, extrinsicsRoot: orderedTrieRoot(made.extrinsics) };
    const executed = chain.runtime.executeBlock(again, header, made.extrinsics);
    expect(executed.ok).toBe(true);
    expect(again.entries()).toEqual(chain.overlay.entries());
  });

  test("is refused without its time, with a wrong root, with a changed digest, with a late inherent", () => {
    const chain = startTestChain();
    chain.block();
    const before = copyOf(chain.overlay);
    const call = chain.runtime.tx.System.remark({ remark: new Uint8Array(1) });
    const { header, extrinsics } = chain.block([chain.sign("//Alice", call)]);
    const { runtime } = chain;
    const execute = (list: readonly Uint8Array[], changed = {}) =>
      runtime.executeBlock(
        copyOf(before),
        { ...header, extrinsicsRoot: orderedTrieRoot(list), ...changed },
        list,
      );
    expect(execute(extrinsics).ok).toBe(true);
    expect(execute(extrinsics.slice(1))).toMatchObject({
      error: { code: "block/missing-inherent" },
    });
    expect(execute([...extrinsics].reverse())).toMatchObject({
      error: { code: "block/late-inherent" },
    });
    expect(execute(extrinsics, { extrinsicsRoot: new Uint8Array(32) })).toMatchObject({
      error: { code: "block/wrong-extrinsics-root" },
    });
    const digest = [...header.digest, { type: "Other", value: new Uint8Array(1) }];
    expect(execute(extrinsics, { digest })).toMatchObject({
      error: { code: "block/wrong-digest" },
    });
    const twice = [extrinsics[0]!, extrinsics[0]!];
    expect(execute(twice)).toMatchObject({
      error: { code: "block/bad-extrinsic", reason: { value: { type: "BadMandatory" } } },
    });
  });
});

describe("a transaction", () => {
  const start = () => {
    const chain = startTestChain();
    chain.block();
    const call = chain.runtime.tx.System.remark({ remark: new Uint8Array(1) });
    return { chain, call };
  };
  const reason = (type: string) => ({ ok: false, error: { type: "Invalid", value: { type } } });

  test("is stale, in the future, or follows its predecessor", () => {
    const { chain, call } = start();
    const first = chain.sign("//Alice", call, { nonce: 0 });
    expect(chain.block([first, first]).outcomes[1]).toMatchObject(reason("Stale"));
    const ahead = chain.sign("//Alice", call, { nonce: 5 });
    expect(chain.block([ahead]).outcomes[0]).toMatchObject(reason("Future"));
    const valid = chain.runtime.validateTransaction(chain.overlay, "External", ahead, chain.hash());
    expect(valid).toMatchObject({ ok: true });
    expect(valid.ok && valid.value.requires.length).toBe(1);
  });

  test("with any bit changed is refused", () => {
    const { chain, call } = start();
    const good = chain.sign("//Alice", call, { nonce: 0 });
    for (let i = 0; i < good.length; i++) {
      const bad = Uint8Array.from(good);
      bad[i]! ^= 1;
      const result = chain.runtime.validateTransaction(
        chain.overlay,
        "External",
        bad,
        chain.hash(),
      );
      expect(result.ok, `byte ${i}`).toBe(false);
    }
  });

  test("of another chain, of the zero account, or older than its era is refused", () => {
    const { chain, call } = start();
    const foreign = chain.sign("//Alice", call, { genesisHash: new Uint8Array(32) });
    expect(chain.block([foreign]).outcomes[0]).toMatchObject(reason("BadProof"));
    const mortal = chain.sign("//Alice", call, { era: mortalEra(4, chain.number()) });
    expect(chain.block([mortal]).outcomes[0]).toMatchObject({ ok: true });
    const old = chain.sign("//Alice", call, { era: mortalEra(4, chain.number()) });
    for (let i = 0; i < 5; i++) chain.block();
    expect(chain.block([old]).outcomes[0]).toMatchObject(reason("BadProof"));
  });

  test("of an account that cannot pay is refused", () => {
    const { chain, call } = start();
    const poor = chain.sign("//Nobody", call);
    expect(chain.block([poor]).outcomes[0]).toMatchObject(reason("Payment"));
    const greedy = chain.sign("//Alice", call, { tip: 1_000_000n * PHA });
    expect(chain.block([greedy]).outcomes[0]).toMatchObject(reason("Payment"));
  });

  test("larger than the limits is refused", () => {
    const { chain } = start();
    const big = chain.runtime.tx.System.remark({ remark: new Uint8Array((1 << 20) + 1) });
    expect(chain.block([chain.sign("//Alice", big)]).outcomes[0]).toMatchObject(reason("Call"));
  });

  test("nests calls 256 deep and no deeper", () => {
    const { chain } = start();
    const nest = (levels: number) => {
      let call = chain.runtime.tx.System.remark({ remark: new Uint8Array() });
      for (let i = 1; i < levels; i++) call = chain.runtime.tx.Utility.batch({ calls: [call] });
      return chain.sign("//Alice", call);
    };
    expect(chain.block([nest(256)]).outcomes[0]).toMatchObject({
      ok: true,
      value: { error: undefined },
    });
    expect(chain.block([nest(257)]).outcomes[0]).toMatchObject(reason("Call"));
  });

  test("an inherent cannot be signed or sent to the pool", () => {
    const { chain } = start();
    const call = chain.runtime.tx.Timestamp.set({ now: 1n });
    expect(chain.block([chain.sign("//Alice", call)]).outcomes[0]).toMatchObject(
      reason("MandatoryValidation"),
    );
    expect(chain.runtime.env(chain.overlay).dispatch(call, NONE).ok).toBe(false);
  });

  test("verified by the pool is not verified again in a block, on the same fork only", () => {
    const { chain, call } = start();
    let verifications = 0;
    const runtime = createDevelopmentRuntime(DEVELOPMENT, {
      verifySignature: (...input) => {
        verifications++;
        return verifySignature(...input);
      },
    });
    const era = mortalEra(64, chain.number());
    const bytes = chain.sign("//Alice", call, { era });
    const validate = (hash: Uint8Array) =>
      runtime.validateTransaction(copyOf(chain.overlay), "External", bytes, hash).ok;
    expect(validate(chain.hash())).toBe(true);
    expect(validate(chain.hash())).toBe(true);
    expect(verifications).toBe(1);
    // Another fork: the era starts at a block of another hash, which the signature does not cover.
    expect(validate(new Uint8Array(32).fill(5))).toBe(false);
    expect(verifications).toBe(2);
  });
});

describe("Sudo", () => {
  test("runs as root for its key alone", () => {
    const chain = startTestChain();
    const bob = chain.account("//Bob");
    const inner = chain.runtime.tx.Balances.force_set_balance({
      who: addressOf(bob),
      newFree: 7n * PHA,
    });
    const sudo = chain.runtime.tx.Sudo.sudo({ call: inner });
    const { outcomes } = chain.block([chain.sign("//Bob", sudo), chain.sign("//Alice", sudo)]);
    expect(outcomes[0]).toMatchObject({ ok: true, value: { error: { type: "Module" } } });
    expect(outcomes[1]).toMatchObject({ ok: true, value: { error: undefined } });
    expect(balance(chain, bob)).toBe(7n * PHA);
    chain.runtime.tryState(chain.overlay);
  });
});

describe("BABE", () => {
  test("announces the next epoch in block 1 and in the first block of every epoch", () => {
    const chain = startTestChain();
    const announces = (digest: readonly { type: string }[]) =>
      digest.some((item) => item.type === "Consensus");
    expect(announces(chain.block([], 1_000n).header.digest)).toBe(true);
    expect(announces(chain.block([], 1_001n).header.digest)).toBe(false);
    expect(announces(chain.block([], 1_200n).header.digest)).toBe(true);
    expect(announces(chain.block([], 1_399n).header.digest)).toBe(false);
    // Two epochs without any block.
    expect(announces(chain.block([], 1_850n).header.digest)).toBe(true);
    chain.runtime.tryState(chain.overlay);
  });
});

test("the header's digest holds the claim first", () => {
  const chain = startTestChain();
  const { header } = chain.block();
  expect(header.digest[0]?.type).toBe("PreRuntime");
  expect(equalBytes(header.parentHash, chain.genesisHash)).toBe(true);
});
