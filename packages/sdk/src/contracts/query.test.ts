import { ed25519PublicKey, ed25519Sign, x25519PublicKey } from "@pha/crypto";
import {
  type Answer,
  answerKeys,
  answerPayload,
  clusterRoot,
  fieldPayload,
  type OpenedFields,
  openQuery,
  requestHash,
  type SealedQuery,
  STORAGE,
  sealAnswer,
  stateLeaf,
} from "@pha/protocol";
import { encode, toHex, utf8 } from "@pha/scale";
import { applyChanges, createProof, EMPTY_ROOT, openTrie, type Trie } from "@pha/state";
import { beforeEach, describe, expect, test } from "vitest";
import type { Chain } from "../chain/chain.ts";
import type { VerifiedBlock } from "../chain/verified-heads.ts";
import { queryReplica } from "./query.ts";
import { createRootMemory } from "./root-memory.ts";
import type { WorkerClient } from "./worker-client.ts";

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const genesisHash = filled(1);
const cluster = filled(2);
const contract = filled(3);
const root = filled(4);
const bootSeed = filled(5);
const encryptionSecret = filled(6);
const NOW = 1_700_000_000_000n;

const boot = {
  identity: filled(7),
  boot: ed25519PublicKey(bootSeed),
  bootEncryption: x25519PublicKey(encryptionSecret),
  role: "worker",
  provider: "simulated",
  name: "worker-1",
};

/** What the chain proves of the worker; each test changes one thing. */
interface World {
  boot: Uint8Array;
  bootEncryption: Uint8Array;
  leaseUntil: bigint | undefined;
  replicas: { identity: Uint8Array; boot: Uint8Array }[];
  status: "Live" | "Halted";
  root: Uint8Array | undefined;
}

/** This machine's clock where finality is not verified. */
let clock: number | undefined;
/** What the worker answers; each test changes one thing. */
let change: (answer: Answer) => Answer;
let dropProof: boolean;
let world: World;
let signWith: Uint8Array;

const ref = (number: number) => ({ number, hash: filled(100 + number) });

function stateOf(of: World): Trie {
  const entries = new Map<string, [Uint8Array, Uint8Array]>();
  const put = (key: Uint8Array, value: Uint8Array): void => {
    entries.set(toHex(key), [key, value]);
  };
  const registration = {
    genesisHash,
    identity: boot.identity,
    boot: of.boot,
    bootEncryption: of.bootEncryption,
    operator: filled(8),
    role: { type: "Worker", value: undefined },
    version: 1,
    features: 0,
    at: ref(0),
  } as const;
  put(
    STORAGE.boot.key(boot.identity),
    encode(STORAGE.boot.value, { registration, registeredAt: ref(1) }),
  );
  if (of.leaseUntil !== undefined)
    put(
      STORAGE.lease.key(boot.boot),
      encode(STORAGE.lease.value, {
        heartbeat: { nonce: filled(0), head: ref(1) },
        at: ref(1),
        until: of.leaseUntil,
      }),
    );
  put(
    STORAGE.cluster.key(cluster),
    encode(STORAGE.cluster.value, {
      owner: filled(9),
      class: { type: "Open", value: undefined },
      crossVendor: false,
      replication: 1,
      replicas: of.replicas,
      generation: 1n,
      epoch: 1n,
      formers: [],
      status: { type: of.status, value: undefined },
      createdAt: ref(1),
      fuelPerBlock: 1n,
      panel: undefined,
    }),
  );
  if (of.root)
    put(
      STORAGE.root.key(cluster),
      encode(STORAGE.root.value, { block: ref(2), root: of.root, index: 1n }),
    );
  put(STORAGE.now.key, encode(STORAGE.now.value, NOW));
  const nodes = new Map<string, Uint8Array>();
  const store = { getNode: (hash: Uint8Array) => nodes.get(toHex(hash)) };
  const empty = openTrie({ root: EMPTY_ROOT, version: 1, nodes: store });
  const changed = applyChanges(empty, [...entries.values()]);
  for (const { hash, bytes } of changed.inserted) nodes.set(toHex(hash), bytes);
  return changed.trie;
}

function ask(): ReturnType<typeof queryReplica> {
  const trie = stateOf(world);
  const block = (number: number): VerifiedBlock => ({ ...ref(number), stateRoot: trie.root });
  const head = block(10);
  const chain = {
    genesisHash,
    finality: {
      head,
      block: (number: number) => (number <= 12 ? block(number) : undefined),
      reach: () => Promise.resolve(head),
      ...(clock !== undefined && { leaseAlone: { nowMs: () => clock } }),
    },
  } as unknown as Chain;
  const worker = {
    query(sealed: SealedQuery) {
      const opened = openQuery({ genesisHash, bootEncryptionSecret: encryptionSecret, sealed });
      if (!opened.ok) throw new Error(opened.error.code);
      const { request, context } = opened.value;
      const answer = change({
        requestHash: requestHash(request.request),
        outcome: { type: "Ok", value: Uint8Array.of(1) },
        fuelUsed: 5n,
        block: ref(11),
        root,
        stateBlock: ref(2),
        opened: undefined,
      });
      const signature = ed25519Sign(signWith, answerPayload(genesisHash, answer));
      const keys = answerKeys(boot.identity, boot.boot, cluster);
      return Promise.resolve({
        sealed: sealAnswer(context, new Uint8Array(12), { answer, signature }),
        block: answer.block,
        proof: dropProof ? [] : [...createProof(trie, keys)],
      });
    },
  } as unknown as WorkerClient;
  return queryReplica(chain, worker, boot, createRootMemory(), {
    contract,
    cluster,
    selector: new Uint8Array(4),
    args: new Uint8Array(0),
    fuelLimit: 1n,
    session: undefined,
  });
}

beforeEach(() => {
  change = (answer) => answer;
  dropProof = false;
  clock = undefined;
  signWith = bootSeed;
  world = {
    boot: boot.boot,
    bootEncryption: boot.bootEncryption,
    leaseUntil: NOW + 1n,
    replicas: [{ identity: boot.identity, boot: boot.boot }],
    status: "Live",
    root,
  };
});

test("an answer whose every link holds is accepted", async () => {
  const { outcome, block } = await ask();
  expect(outcome).toEqual({ type: "Ok", value: Uint8Array.of(1) });
  expect(block.number).toBe(11);
});

test("the answer of a cluster that takes no commands is from its last final root, and marked", async () => {
  expect((await ask()).standing).toBe("Live");
  world.status = "Halted";
  expect(await ask()).toMatchObject({ standing: "Halted", root });
});

describe("without a light client", () => {
  const now = Number(NOW);
  const LEASE = 12_000;

  test("an answer is accepted by the lease, and says what it rests on", async () => {
    expect((await ask()).freshness).toEqual({ by: "light-client" });
    world.leaseUntil = NOW + BigInt(LEASE);
    clock = now;
    expect((await ask()).freshness).toEqual({
      by: "lease-alone",
      leaseUntilMs: now + LEASE,
      clockErrorMs: 10_000,
    });
  });

  test.each([
    ["a clock as far ahead as it may be", LEASE + 9_999],
    ["a clock as far behind as it may be", -10_000],
  ])("%s changes nothing", async (_, ahead) => {
    world.leaseUntil = NOW + BigInt(LEASE);
    clock = now + ahead;
    expect((await ask()).freshness.by).toBe("lease-alone");
  });

  test.each<readonly [what: string, until: number, clock: number, code: string]>([
    ["a lease that is over by this clock", LEASE, now + LEASE + 10_000, "answer/lease-over"],
    ["an old block of a chain that stands still", LEASE, now + 3_600_000, "answer/lease-over"],
    ["a block from the future", LEASE, now - 10_001, "answer/clock-differs"],
    ["a lease from the future", 60_001, now, "answer/lease-too-long"],
    ["a lease that the chain itself sees over", 0, now, "answer/no-lease"],
  ])("%s is refused", async (_, until, at, code) => {
    world.leaseUntil = NOW + BigInt(until);
    clock = at;
    await expect(ask()).rejects.toMatchObject({ code });
  });
});

describe("a worker with genuine keys that", () => {
  const refusals: readonly (readonly [string, () => void, string])[] = [
    [
      "answers at an older block",
      () => {
        change = (answer) => ({ ...answer, block: ref(9) });
      },
      "answer/stale",
    ],
    [
      "answers from a fork",
      () => {
        change = (answer) => ({ ...answer, block: { number: 11, hash: filled(0) } });
      },
      "answer/forked",
    ],
    [
      "answers at a block that nobody has finalized",
      () => {
        change = (answer) => ({ ...answer, block: ref(13) });
      },
      "answer/forked",
    ],
    [
      "answers another request",
      () => {
        change = (answer) => ({ ...answer, requestHash: filled(0) });
      },
      "answer/other-request",
    ],
    [
      "signs with another key",
      () => {
        signWith = filled(99);
      },
      "answer/bad-signature",
    ],
    [
      "answers from a root without a majority",
      () => {
        change = (answer) => ({ ...answer, root: filled(0) });
      },
      "answer/root-not-final",
    ],
    [
      "has no final root at all",
      () => {
        world.root = undefined;
      },
      "answer/unproven",
    ],
    [
      "lets its lease run out",
      () => {
        world.leaseUntil = NOW;
      },
      "answer/no-lease",
    ],
    [
      "never had a lease",
      () => {
        world.leaseUntil = undefined;
      },
      "answer/unproven",
    ],
    [
      "was displaced by a newer boot",
      () => {
        world.boot = filled(0);
      },
      "answer/displaced-boot",
    ],
    [
      "takes queries under a key that it has not registered",
      () => {
        world.bootEncryption = filled(0);
      },
      "answer/wrong-encryption-key",
    ],
    [
      "was removed from the cluster",
      () => {
        world.replicas = [];
      },
      "answer/not-assigned",
    ],
    [
      "proves nothing",
      () => {
        dropProof = true;
      },
      "answer/bad-proof",
    ],
    [
      "refuses for a reason of its own",
      () => {
        change = (answer) => ({
          ...answer,
          outcome: { type: "Refused", value: "query/lease-expired" },
        });
      },
      "query/lease-expired",
    ],
  ];

  test.each(refusals)("%s is refused", async (_name, arrange, code) => {
    arrange();
    await expect(ask()).rejects.toMatchObject({ code });
  });
});

describe("entries that an answer opens", () => {
  const stateBlock = ref(2);
  const field = (key: string, value: number) => {
    const path = filled(key.charCodeAt(0));
    return { key: utf8(key), value: Uint8Array.of(value), path, salt: filled(value).slice(16) };
  };
  const [one, two] = [field("a", 1), field("b", 2)];

  /** Puts both into the cluster's final state, and gives the answer that opens the first. */
  function opened(change: Partial<OpenedFields["fields"][number]> = {}): OpenedFields {
    const nodes = new Map<string, Uint8Array>();
    const store = { getNode: (hash: Uint8Array) => nodes.get(toHex(hash)) };
    const empty = openTrie({ root: EMPTY_ROOT, version: 0, nodes: store });
    const leaves = [one, two].map(
      ({ path, salt, value }) => [path, stateLeaf(path, salt, value)] as const,
    );
    const { trie, inserted } = applyChanges(empty, leaves);
    for (const { hash, bytes } of inserted) nodes.set(toHex(hash), bytes);
    const state = { previousRoot: filled(9), trieRoot: trie.root };
    const context = { genesisHash, cluster, blockHash: stateBlock.hash, previousRoot: filled(9) };
    world.root = clusterRoot(context, trie.root);
    const said = { genesisHash, cluster, contract, root: world.root, block: stateBlock };
    const signature = ed25519Sign(bootSeed, fieldPayload({ ...said, ...one }));
    const proof = [...createProof(trie, [one.path])];
    return { state, fields: [{ ...one, proof, signature, ...change }] };
  }

  const answering = (of: OpenedFields) => {
    change = (answer) => ({ ...answer, root: world.root ?? root, opened: of });
    return ask();
  };

  test("are accepted when they are in the final state and signed by the boot that answers", async () => {
    const of = opened();
    expect((await answering(of)).opened).toEqual(of);
  });

  test.each<readonly [what: string, change: Parameters<typeof opened>[0], reason: string]>([
    ["a value that was not there", { value: Uint8Array.of(3) }, "receipt/other-leaf"],
    ["another entry's place", { path: two.path }, "receipt/bad-proof"],
    ["a proof that is cut", { proof: [] }, "receipt/bad-proof"],
    ["another key", { key: two.key }, "receipt/bad-signature"],
  ])("%s makes the answer worthless", async (_, change, reason) => {
    await expect(answering(opened(change))).rejects.toMatchObject({
      code: "answer/bad-opening",
      facts: { reason },
    });
  });

  test("a trie that does not lead to the final root makes the answer worthless", async () => {
    const { state, fields } = opened();
    await expect(
      answering({ state: { ...state, trieRoot: filled(9) }, fields }),
    ).rejects.toMatchObject({
      code: "answer/bad-opening",
      facts: { reason: "receipt/root-not-final" },
    });
  });
});
