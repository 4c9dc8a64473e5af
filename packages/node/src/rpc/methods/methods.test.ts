import {
  Authorities,
  advance,
  decodeHeader,
  FinalityProof,
  Justification,
  startFromGenesis,
  verifyEncodedWarp,
  verifyJustification,
} from "@pha/consensus";
import { ss58Encode } from "@pha/crypto";
import { BLOCK_KEYS, ReadProof, STORAGE, SyncBatch, SyncWarp } from "@pha/protocol";
import { developmentPreset } from "@pha/runtime";
import { bytes, decode, fromHex, toHex, u64, vec } from "@pha/scale";
import { verifyProof } from "@pha/state";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { genesisAuthoritySet } from "../../finality/genesis-authorities.ts";
import { aDevChain, type DevChain, FIRST_SLOT, SLOT_MS } from "../../testing/dev-chain.ts";
import { connect, type RpcClient, serve } from "../../testing/rpc-client.ts";
import { createSigner, type TestSigner, testPair } from "../../testing/signer.ts";
import { MAX_OPERATIONS } from "../chain-head-follow.ts";
import type { RpcServer } from "../server.ts";

const { runtime } = developmentPreset();
const sink = testPair("//Sink").publicKey;
let node: DevChain;
let server: RpcServer;
let client: RpcClient;
let bob: TestSigner;

beforeAll(async () => {
  node = aDevChain();
  server = await serve(node);
  client = await connect(server);
  bob = createSigner(runtime, node.chain.genesisHash, "//Bob");
  for (let block = 0; block < 4; block++) await node.author();
});
afterAll(async () => {
  client.close();
  await server.close();
});

describe("pha_syncBatch", () => {
  test("is what a light client needs: headers, a justification, and proofs under each header", async () => {
    const genesis = node.chain.header(node.chain.genesisHash)!;
    const set = genesisAuthoritySet(node.development.spec);
    let state = startFromGenesis({ genesisHeader: genesis, set });
    for (const max of [2, 512]) {
      const from = state.finalized.number + 1;
      const answer = await client.call<string>("pha_syncBatch", from, max);
      const batch = decode(SyncBatch, fromHex(answer));
      if (!batch.ok) throw new Error(batch.error.reason);
      const advanced = advance(state, batch.value);
      if (!advanced.ok) throw new Error(advanced.error.code);
      for (const [index, { header }] of advanced.value.finalizedHeaders.entries()) {
        const proof = batch.value.proofs[index] ?? [];
        const view = verifyProof({ root: header.stateRoot, proof });
        if (!view.ok) throw new Error(view.error.code);
        for (const key of BLOCK_KEYS) expect(view.value.get(key).ok).toBe(true);
        const now = view.value.get(STORAGE.now.key);
        const slot = FIRST_SLOT + header.number - 1;
        expect(now.ok && now.value && decode(u64, now.value)).toEqual({
          ok: true,
          value: BigInt(slot * SLOT_MS + 10),
        });
      }
      state = advanced.value.state;
    }
    expect(state.finalized.number).toBe(node.chain.finalized.number);
    expect(await client.call("pha_syncBatch", state.finalized.number + 1, 512)).toBeNull();
    await expect(client.call("pha_syncBatch", 0, 1)).rejects.toThrow(/-32602/);
  });
});

describe("pha_syncWarp", () => {
  test("leads to the newest finalized block at once, with that block's proof", async () => {
    const genesisHeader = node.chain.header(node.chain.genesisHash)!;
    const set = genesisAuthoritySet(node.development.spec);
    const warp = decode(SyncWarp, fromHex(await client.call<string>("pha_syncWarp", 0)));
    if (!warp.ok) throw new Error(warp.error.reason);
    const warped = verifyEncodedWarp(startFromGenesis({ genesisHeader, set }), warp.value);
    if (!warped.ok) throw new Error(warped.error.code);
    const { finalized } = warped.value.state;
    expect(finalized.hash).toEqual(node.chain.finalized.hash);
    const view = verifyProof({ root: finalized.stateRoot, proof: warp.value.proof });
    if (!view.ok) throw new Error(view.error.code);
    for (const key of BLOCK_KEYS) expect(view.value.get(key).ok).toBe(true);
    expect(await client.call("pha_syncWarp", finalized.number)).toBeNull();
    await expect(client.call("pha_syncWarp", -1)).rejects.toThrow(/-32602/);
  });
});

describe("pha_genesis, pha_finality and pha_history", () => {
  test("lead a client from the genesis hash to the newest finalized block", async () => {
    const genesis = await client.call<{ header: string; proof: string }>("pha_genesis");
    const header = decodeHeader(fromHex(genesis.header));
    if (!header.ok) throw new Error(header.error.code);
    const proof = decode(ReadProof, fromHex(genesis.proof));
    if (!proof.ok) throw new Error(proof.error.reason);
    const view = verifyProof({ root: header.value.stateRoot, proof: proof.value });
    if (!view.ok) throw new Error(view.error.code);
    const voters = view.value.get(STORAGE.grandpaAuthorities.key);
    const authorities = voters.ok && voters.value && decode(Authorities, voters.value);
    if (!authorities) throw new Error("the proof holds the voters");
    if (!authorities.ok) throw new Error("the proof shows the voters");
    const set = { setId: 0n, authorities: authorities.value };
    const start = startFromGenesis({ genesisHeader: header.value, set });
    expect(start.genesisHash).toEqual(node.chain.genesisHash);
    const finality = decode(SyncBatch, fromHex(await client.call<string>("pha_finality", 1, 512)));
    if (!finality.ok) throw new Error(finality.error.reason);
    const advanced = advance(start, finality.value);
    expect(advanced.ok && advanced.value.state.finalized.number).toBe(node.chain.finalized.number);
  });

  test("give a range of the past with its proofs, and refuse one that is too long", async () => {
    const history = await client.call<{ headers: string; proofs: string }>("pha_history", 2, 3);
    const headers = decode(vec(bytes), fromHex(history.headers));
    const proofs = decode(vec(ReadProof), fromHex(history.proofs));
    if (!headers.ok || !proofs.ok) throw new Error("the range decodes");
    for (const [index, encoded] of headers.value.entries()) {
      const header = decodeHeader(encoded);
      if (!header.ok) throw new Error(header.error.code);
      expect(header.value.number).toBe(index + 2);
      const proof = proofs.value[index] ?? [];
      expect(verifyProof({ root: header.value.stateRoot, proof }).ok).toBe(true);
    }
    await expect(client.call("pha_history", 0, 3)).rejects.toThrow(/-32602/);
    await expect(client.call("pha_history", 3, 2)).rejects.toThrow(/-32602/);
  });
});

describe("state", () => {
  test("proves what it reads", async () => {
    const key = toHex(STORAGE.now.key);
    const block = await client.call<string>("chain_getBlockHash", 2);
    const { at, proof } = await client.call<{ at: string; proof: string[] }>(
      "state_getReadProof",
      [key],
      block,
    );
    expect(at).toBe(block);
    const header = await client.call<{ stateRoot: string }>("chain_getHeader", block);
    const view = verifyProof({ root: fromHex(header.stateRoot), proof: proof.map(fromHex) });
    if (!view.ok) throw new Error(view.error.code);
    const value = view.value.get(STORAGE.now.key);
    expect(value.ok && value.value && toHex(value.value)).toBe(
      await client.call("state_getStorage", key, block),
    );
  });

  test("lists keys in pages and refuses pages over the limit", async () => {
    const first = await client.call<string[]>("state_getKeysPaged", "0x", 10);
    const second = await client.call<string[]>("state_getKeysPaged", "0x", 10, first.at(-1));
    expect([...first, ...second]).toEqual([...new Set([...first, ...second])].sort());
    await expect(client.call("state_getKeysPaged", "0x", 1_001)).rejects.toThrow(
      /rpc\/limit-reached|1000/,
    );
  });

  test("bounds what one question or one connection may read", async () => {
    const keys = Array.from({ length: 1_024 }, (_, n) => `0x${n.toString(16).padStart(4, "0")}`);
    const genesis = toHex(node.chain.genesisHash);
    const other = await connect(server);
    for (let n = 0; n < 4; n++) await other.call("state_subscribeStorage", keys);
    await expect(other.call("state_subscribeStorage", keys)).rejects.toThrow(/4096 keys/);
    other.close();
    await expect(client.call("state_queryStorageAt", [...keys, ...keys], genesis)).rejects.toThrow(
      /-32602/,
    );
    while (node.chain.best.number < 9) await node.author();
    await expect(client.call("state_queryStorage", keys, genesis)).rejects.toThrow(/8192 values/);
  });

  test("tells a subscriber the values now and each change", async () => {
    const key = toHex(STORAGE.now.key);
    const id = await client.call<string>("state_subscribeStorage", [key]);
    await node.author();
    const [now, next] = await client.received<{ block: string; changes: unknown[] }>(id, 2);
    expect(now?.changes).toHaveLength(1);
    expect(next?.block).toBe(toHex(node.chain.best.hash));
    expect(await client.call("state_unsubscribeStorage", id)).toBe(true);
  });

  test("says so when it does not know a block", async () => {
    const unknown = `0x${"11".repeat(32)}`;
    await expect(client.call("state_getStorage", "0x00", unknown)).rejects.toThrow(/4003/);
    expect(await client.call("chain_getHeader", unknown)).toBeNull();
  });
});

describe("grandpa_roundState", () => {
  test("tells the round under way and who has not voted in it", async () => {
    const state = await client.call<Record<string, unknown>>("grandpa_roundState");
    const { setId, round } = node.grandpa.position();
    expect(state).toMatchObject({
      setId: Number(setId),
      best: {
        round: Number(round),
        totalWeight: 1,
        thresholdWeight: 1,
        prevotes: { currentWeight: 0 },
        precommits: { currentWeight: 0, missing: [ss58Encode(30, node.keystore.grandpaKey)] },
      },
    });
  });
});

describe("grandpa_proveFinality", () => {
  test("gives a justification that verifies with the chain's voters", async () => {
    const proof = decode(
      FinalityProof,
      fromHex(await client.call<string>("grandpa_proveFinality", 2)),
    );
    if (!proof.ok) throw new Error(proof.error.reason);
    expect(proof.value.block).toEqual(node.chain.hashAt(2));
    const justification = decode(Justification, proof.value.justification);
    if (!justification.ok) throw new Error(justification.error.reason);
    const set = genesisAuthoritySet(node.development.spec);
    const { target } = justification.value;
    expect(verifyJustification({ justification: justification.value, set, target }).ok).toBe(true);
    await expect(client.call("grandpa_proveFinality", 9_999)).rejects.toThrow(/not-finalized/);
  });
});

describe("author", () => {
  test("follows an extrinsic from the pool into a final block", async () => {
    const extrinsic = toHex(bob.transfer(sink, 10_000_000_000n, 0));
    const id = await client.call<string>("author_submitAndWatchExtrinsic", extrinsic);
    await expect(client.call("author_submitExtrinsic", extrinsic)).rejects.toThrow(/1013/);
    expect(await client.call("author_pendingExtrinsics")).toEqual([extrinsic]);
    await node.author();
    const block = toHex(node.chain.best.hash);
    expect(await client.received(id, 3)).toEqual([
      "ready",
      { inBlock: block },
      { finalized: block },
    ]);
    await expect(client.call("author_submitExtrinsic", extrinsic)).rejects.toThrow(
      /1010: Invalid Transaction: Stale/,
    );
  });

  test("refuses bad signatures, other chains, and what does not decode, each with its reason", async () => {
    const good = bob.transfer(sink, 10_000_000_000n, 1);
    const forged = good.map((byte, index) => (index === 60 ? byte ^ 1 : byte));
    await expect(client.call("author_submitExtrinsic", toHex(forged))).rejects.toThrow(
      /1010: Invalid Transaction: BadProof/,
    );
    await expect(client.call("author_submitExtrinsic", toHex(forged))).rejects.toThrow(/1012/);
    const foreign = createSigner(runtime, new Uint8Array(32), "//Bob");
    await expect(
      client.call("author_submitExtrinsic", toHex(foreign.transfer(sink, 1n, 1))),
    ).rejects.toThrow(/1010: Invalid Transaction: BadProof/);
    for (let length = 0; length < good.length; length += 17)
      await expect(
        client.call("author_submitExtrinsic", toHex(good.subarray(0, length))),
      ).rejects.toThrow(/10(10|11|12)/);
  });

  test("counts waiting transactions in the next nonce and asks for a tip to replace one", async () => {
    const address = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
    expect(await client.call("system_accountNextIndex", address)).toBe(1);
    await client.call("author_submitExtrinsic", toHex(bob.transfer(sink, 10_000_000_000n, 1)));
    await client.call("author_submitExtrinsic", toHex(bob.transfer(sink, 10_000_000_000n, 2)));
    expect(await client.call("system_accountNextIndex", address)).toBe(3);
    await expect(
      client.call("author_submitExtrinsic", toHex(bob.transfer(sink, 20_000_000_000n, 2))),
    ).rejects.toThrow(/1014/);
    await client.call(
      "author_submitExtrinsic",
      toHex(bob.transfer(sink, 20_000_000_000n, 2, 1_000_000_000n)),
    );
    await node.author();
    expect(await client.call("author_pendingExtrinsics")).toEqual([]);
  });

  test("tells what an extrinsic would cost", async () => {
    const extrinsic = toHex(bob.transfer(sink, 10_000_000_000n, 3));
    const info = await client.call<{ partialFee: string }>("payment_queryInfo", extrinsic);
    expect(BigInt(info.partialFee)).toBeGreaterThan(0n);
    const details = await client.call<{ inclusionFee: object }>(
      "payment_queryFeeDetails",
      extrinsic,
    );
    expect(details.inclusionFee).not.toBeNull();
  });
});

describe("system_dryRun", () => {
  const dryRun = (extrinsic: string, at?: string) =>
    client.call<string>("system_dryRun", extrinsic, ...(at === undefined ? [] : [at]));

  test("tells how an extrinsic would end, and keeps nothing of it", async () => {
    const dave = createSigner(runtime, node.chain.genesisHash, "//Dave");
    const before = toHex(node.chain.best.header.stateRoot);
    // Result of the two levels: applied, and its call succeeded.
    expect(await dryRun(toHex(dave.transfer(sink, 10_000_000_000n, 0)))).toBe("0x0000");
    // Applied, and its call failed: Token(FundsUnavailable).
    expect(await dryRun(toHex(dave.transfer(sink, 1n << 100n, 0)))).toBe("0x00010700");
    // Not applied: Invalid(Future).
    expect(await dryRun(toHex(dave.transfer(sink, 10_000_000_000n, 7)))).toBe("0x010002");
    // The state after a block does not know that block's hash yet, which the next one does.
    const old = toHex(node.chain.genesisHash);
    expect(await dryRun(toHex(dave.transfer(sink, 10_000_000_000n, 0)), old)).toBe("0x0000");
    expect(await client.call("author_pendingExtrinsics")).toEqual([]);
    expect(toHex(node.chain.best.header.stateRoot)).toBe(before);
  });

  test("refuses what is no extrinsic, and blocks it does not know", async () => {
    await expect(dryRun("0x00")).resolves.toBe("0x010000");
    await expect(dryRun("0x0401ff")).rejects.toThrow(/does not decode/);
    await expect(dryRun("0x04", `0x${"ab".repeat(32)}`)).rejects.toThrow(/block-not-found/);
  });
});

interface FollowEvent {
  readonly event: string;
  readonly operationId?: string;
  readonly blockHash?: string;
  readonly finalizedBlockHashes?: string[];
  readonly items?: { readonly key: string; readonly value: string }[];
}

describe("chainHead_v1", () => {
  const operation = async (follow: string, id: string, last: string): Promise<FollowEvent[]> => {
    for (;;) {
      const events = client
        .notifications<FollowEvent>(follow)
        .filter(({ operationId }) => operationId === id);
      if (events.some(({ event }) => event === last || event === "operationError")) return events;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  test("reports blocks in order and works on those that are pinned", async () => {
    const follow = await client.call<string>("chainHead_v1_follow", true);
    await node.author();
    const events = await client.received<FollowEvent>(follow, 5);
    expect(events.map(({ event }) => event)).toEqual([
      "initialized",
      "bestBlockChanged",
      "newBlock",
      "bestBlockChanged",
      "finalized",
    ]);
    const hash = toHex(node.chain.best.hash);
    expect(events[4]?.finalizedBlockHashes).toEqual([hash]);

    const header = await client.call<string>("chainHead_v1_header", follow, hash);
    const decoded = decodeHeader(fromHex(header));
    expect(decoded.ok && decoded.value.number).toBe(node.chain.best.number);

    const body = await client.call<{ operationId: string }>("chainHead_v1_body", follow, hash);
    const [done] = await operation(follow, body.operationId, "operationBodyDone");
    expect(done).toMatchObject({ value: [expect.stringMatching(/^0x/)] });

    const call = await client.call<{ operationId: string }>(
      "chainHead_v1_call",
      follow,
      hash,
      "Core_version",
      "",
    );
    const [called] = await operation(follow, call.operationId, "operationCallDone");
    expect(called).toMatchObject({ event: "operationCallDone" });

    const items = [{ key: "0x", type: "descendantsValues" }];
    const storage = await client.call<{ operationId: string }>(
      "chainHead_v1_storage",
      follow,
      hash,
      items,
      null,
    );
    const answered = await operation(follow, storage.operationId, "operationStorageDone");
    const keys = answered.flatMap((event) => event.items ?? []).map(({ key }) => key);
    expect(keys).toEqual(await client.call("state_getKeysPaged", "0x", 1_000, null, hash));

    await client.call("chainHead_v1_unpin", follow, [hash]);
    await expect(client.call("chainHead_v1_header", follow, hash)).rejects.toThrow(/-32801/);
    await expect(client.call("chainHead_v1_unpin", follow, [hash])).rejects.toThrow(/-32801/);
    await client.call("chainHead_v1_unfollow", follow);
    expect(await client.call("chainHead_v1_header", follow, hash)).toBeNull();
    expect(await client.call("chainHead_v1_body", follow, hash)).toEqual({
      result: "limitReached",
    });
  });

  test("refuses operations over the limit and gives the places back", async () => {
    const follow = await client.call<string>("chainHead_v1_follow", false);
    const hash = toHex(node.chain.finalized.hash);
    // The whole state again and again: each waits for a continue that does not come, and so keeps its place.
    const everything = Array(256).fill({ key: "0x", type: "descendantsHashes" });
    const ids: string[] = [];
    for (let n = 0; n < MAX_OPERATIONS; n++) {
      const started = await client.call<{ result: string; operationId: string }>(
        "chainHead_v1_storage",
        follow,
        hash,
        everything,
        null,
      );
      expect(started.result).toBe("started");
      ids.push(started.operationId);
    }
    for (const id of ids) await operation(follow, id, "operationWaitingForContinue");
    const body = () => client.call("chainHead_v1_body", follow, hash);
    expect(await body()).toEqual({ result: "limitReached" });
    await client.call("chainHead_v1_stopOperation", follow, ids[0]);
    expect(await body()).toMatchObject({ result: "started" });
    await client.call("chainHead_v1_unfollow", follow);
  });

  test("allows a few follows of one connection", async () => {
    const follows: string[] = [];
    for (let n = 0; n < 4; n++) follows.push(await client.call("chainHead_v1_follow", false));
    await expect(client.call("chainHead_v1_follow", false)).rejects.toThrow(/-32800/);
    for (const follow of follows) await client.call("chainHead_v1_unfollow", follow);
  });
});

describe("transaction_v1 and archive_v1", () => {
  test("broadcasts until the transaction is in a block", async () => {
    const charlie = createSigner(runtime, node.chain.genesisHash, "//Charlie");
    const extrinsic = toHex(charlie.transfer(sink, 10_000_000_000n, 0));
    const id = await client.call<string>("transaction_v1_broadcast", extrinsic);
    await node.author();
    const [body] = [node.chain.body(node.chain.best.hash)];
    expect(body?.map(toHex)).toContain(extrinsic);
    expect(await client.call("transaction_v1_stop", id)).toBeNull();
    await expect(client.call("transaction_v1_stop", id)).rejects.toThrow(/-32602/);
  });

  test("reads blocks and states of the past", async () => {
    const [hash] = await client.call<string[]>("archive_v1_hashByHeight", 1);
    expect(await client.call("archive_v1_genesisHash")).toBe(toHex(node.chain.genesisHash));
    expect(await client.call("archive_v1_body", hash)).toHaveLength(1);
    const called = await client.call("archive_v1_call", hash, "Core_version", "0x");
    expect(called).toMatchObject({ success: true });
    const id = await client.call<string>("archive_v1_storage", hash, [
      { key: toHex(STORAGE.now.key), type: "value" },
    ]);
    expect(await client.received(id, 2)).toMatchObject([
      { event: "storage", key: toHex(STORAGE.now.key) },
      { event: "storageDone" },
    ]);
  });
});
