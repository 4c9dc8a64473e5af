import {
  ClusterEvent,
  type Command,
  deriveSealingSecret,
  KeyRelease,
  openCommand,
  type Reply,
  STORAGE,
  sealCommand,
  TOPIC,
} from "@pha/protocol";
import { decode, equalBytes, fromHex } from "@pha/scale";
import { expect, test } from "vitest";
import { PhaContractState } from "./pha-contract-state/index.ts";
import { DEVELOPMENT_CLUSTER } from "./pha-genesis.ts";
import { PhalaPhatContracts } from "./phala-phat-contracts/index.ts";
import {
  COUNTER_ID,
  heartbeatCall,
  OPERATOR,
  registerCall,
  rejection,
  startPhaChain,
  testBoot,
} from "./testing/pha-chain.ts";
import {
  clusterKeysCall,
  commitCall,
  keyRequestCall,
  keysOf,
  openKey,
  releaseCall,
  releaseOf,
  runDkg,
  signedCommit,
  testRequest,
  testSeat,
  testStep,
} from "./testing/pha-cluster.ts";

test("a command travels from a user to a final root through one gatekeeper and three replicas", () => {
  const chain = startPhaChain();
  const { runtime, overlay } = chain;
  chain.block();
  const contracts = () => runtime.env(overlay).of(PhalaPhatContracts).storage;
  const states = () => runtime.env(overlay).of(PhaContractState).storage;
  const cluster = () => {
    const record = contracts().Clusters.get(DEVELOPMENT_CLUSTER);
    if (!record) throw new Error("the cluster is of genesis");
    return record;
  };
  expect(cluster().createdAt).toEqual({ number: 0, hash: chain.genesisHash });

  // Registration: four pRuntimes of one operator, assigned as they come.
  const gatekeeper = testBoot(0, "Gatekeeper");
  const workers = [testBoot(1), testBoot(2), testBoot(3)] as const;
  const registered = chain.sendAll(
    [gatekeeper, ...workers].map((boot) => registerCall(chain, boot)),
  );
  expect(registered.map(({ error }) => error)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(cluster().replicas.map(({ boot }) => boot)).toEqual(workers.map(({ boot }) => boot));
  expect(cluster()).toMatchObject({ generation: 0n, epoch: 0n, status: { type: "Pending" } });

  // The run: key, dealing and confirmation of one seat; the chain adds up and agrees.
  const seat = testSeat(gatekeeper);
  const dkg = runDkg(chain, [seat]);
  expect(dkg.map((sent) => rejection(chain, sent))).toEqual([undefined, undefined, undefined]);
  expect(seat.state.status).toBe("active");
  expect(cluster()).toMatchObject({ generation: 1n, epoch: 1n, status: { type: "Pending" } });

  // Keys: each worker asks with a one-time key and opens what the gatekeeper released.
  const requests = workers.map(testRequest);
  for (const sent of chain.sendAll(requests.map((one) => keyRequestCall(chain, one))))
    expect(rejection(chain, sent)).toBeUndefined();
  expect(
    chain.messages().filter(({ destination }) => equalBytes(destination, TOPIC.keyRequest)),
  ).toHaveLength(3);
  const answers = requests.map((one) => releaseCall(chain, seat, releaseOf(chain, seat, one)));
  for (const sent of chain.sendAll(answers)) expect(rejection(chain, sent)).toBeUndefined();
  const releases = chain.messages().flatMap(({ destination, payload }) => {
    const release = decode(KeyRelease, payload);
    return release.ok && equalBytes(destination, TOPIC.keyRelease) ? [release.value] : [];
  });
  const vetKeys = requests.map((one) =>
    openKey(
      chain,
      one,
      releases.filter(({ boot }) => equalBytes(boot, one.boot.boot)),
    ),
  );
  const [vetKey] = vetKeys;
  if (!vetKey) throw new Error("three workers opened the key");
  expect(vetKeys.every((one) => equalBytes(one, vetKey))).toBe(true);

  // Publication: the key is active with the second equal vote, the third is counted.
  const { keys, signing } = keysOf(chain, vetKey);
  const keysSent = chain.sendAll(workers.map((boot) => clusterKeysCall(chain, boot, keys)));
  expect(keysSent.map((sent) => rejection(chain, sent))).toEqual([undefined, undefined, undefined]);
  expect(contracts().ClusterSigningKeys.get(DEVELOPMENT_CLUSTER)).toEqual(signing.publicKey);
  expect(contracts().SealingKeys.get(COUNTER_ID)).toMatchObject([
    { generation: 1n, epoch: 1n, key: keys.sealingKeys[0]?.key, signers: 3, until: undefined },
  ]);

  // Creation: two of three equal votes with the delta make the first root final.
  const creation = testStep(chain, vetKey, { number: 0, hash: chain.genesisHash });
  const votes = workers.map((boot, i) =>
    commitCall(chain, boot, signedCommit(chain, boot, signing, creation, { carries: i === 0 })),
  );
  for (const sent of chain.sendAll(votes)) expect(rejection(chain, sent)).toBeUndefined();
  expect(states().Roots.get(DEVELOPMENT_CLUSTER)).toEqual({
    block: { number: 0, hash: chain.genesisHash },
    root: creation.newRoot,
    index: 0n,
  });
  expect(cluster().status.type).toBe("Live");

  // A command: sealed by a user, opened by a replica with what the chain recorded.
  const clear = {
    origin: chain.account("//Alice"),
    contract: COUNTER_ID,
    commandId: new Uint8Array(32).fill(3),
    generation: 1n,
    epoch: 1n,
    codeHash: undefined,
    fuelLimit: 200_000_000n,
    value: 0n,
    expiry: chain.number() + 64,
  };
  const body = {
    selector: fromHex("0x01020304"),
    args: new Uint8Array(8),
    replyKey: new Uint8Array(32).fill(6),
  };
  const sealed = sealCommand({
    genesisHash: chain.genesisHash,
    clear,
    body,
    sealingKey: contracts().SealingKeys.get(COUNTER_ID)[0]?.key ?? new Uint8Array(32),
    ephemeralSecret: new Uint8Array(32).fill(8),
  });
  if (!sealed.ok) throw new Error("the command fits a bucket");
  const { origin, ...args } = clear;
  const command: Command = { origin, ...args, sealed: sealed.value };
  const sent = chain.send(
    runtime.tx.PhalaPhatContracts.push_command({ ...args, sealed: sealed.value }),
    "//Alice",
  );
  expect(sent.error).toBeUndefined();
  const commandBlock = chain.head();
  const queued = chain
    .messages()
    .filter(({ destination }) => equalBytes(destination, TOPIC.command));
  expect(queued).toHaveLength(1);
  expect(
    openCommand({
      genesisHash: chain.genesisHash,
      command,
      sealingSecret: deriveSealingSecret(vetKey, COUNTER_ID),
    }),
  ).toEqual({ ok: true, value: body });

  // Its commit: the second replica in rotation carries the delta; the event tells every replica.
  chain.block();
  const reply: Reply = { contract: COUNTER_ID, commandId: clear.commandId, sealed: undefined };
  const step = testStep(chain, vetKey, commandBlock, creation.newRoot, "honest", [reply]);
  const second = workers.map((boot, i) =>
    commitCall(chain, boot, signedCommit(chain, boot, signing, step, { carries: i === 1 })),
  );
  const [first, carrier, late] = chain.sendAll(second);
  if (!first || !carrier || !late) throw new Error("three votes were sent");
  expect(first.events.map(({ name }) => name)).not.toContain("RootFinal");
  expect(carrier.events.map(({ name }) => name)).toContain("RootFinal");
  expect(rejection(chain, late)).toBeUndefined();
  const root = states().Roots.get(DEVELOPMENT_CLUSTER);
  expect(root).toEqual({ block: commandBlock, root: step.newRoot, index: 1n });
  expect(states().Steps.get([DEVELOPMENT_CLUSTER, 1n])).toMatchObject({
    delta: { type: "OnChain", value: step.delta },
    replies: [reply],
    previousRoot: creation.newRoot,
  });
  const told = chain.messages().map(({ payload }) => decode(ClusterEvent, payload));
  expect(told).toContainEqual({
    ok: true,
    value: {
      type: "RootFinal",
      value: { cluster: DEVELOPMENT_CLUSTER, block: commandBlock, root: step.newRoot },
    },
  });
  expect(states().Watched.get()).toEqual([]);
  expect(states().Pending.get(DEVELOPMENT_CLUSTER)).toEqual([]);

  // What clients read with proofs is there under the protocol's own keys.
  const read = overlay.get(STORAGE.root.key(DEVELOPMENT_CLUSTER));
  expect(read && decode(STORAGE.root.value, read)).toEqual({ ok: true, value: root });
  expect(overlay.get(STORAGE.lease.key(workers[0].boot))).toBeDefined();
  const beat = chain.send(heartbeatCall(chain, workers[0]), OPERATOR);
  expect(beat.events.map(({ name }) => name)).toContain("LeaseRenewed");
  runtime.tryState(overlay);
});
