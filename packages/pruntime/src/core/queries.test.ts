import { blake2b256, ed25519PublicKey } from "@pha/crypto";
import type { Certificate } from "@pha/protocol";
import { encode, u64, utf8ToText } from "@pha/scale";
import { beforeAll, expect, test } from "vitest";
import { COUNTER } from "../testing/fake-engine.ts";
import { counterOf, type LiveNetwork, liveNetwork } from "../testing/live-network.ts";
import type { Asked, QueryOptions } from "../testing/scripted-client.ts";
import { DEADLINE_MS, MAX_FAR, MAX_QUERIES } from "./queries.ts";

let live: LiveNetwork;
beforeAll(() => {
  live = liveNetwork({ workers: 1 });
  live.client.send({ argument: 7 });
  live.network.blocks(5);
});

const worker = () => live.workers[0]!;

function codeOf(asked: Asked): string {
  if (asked.type === "refused") return asked.code;
  if (asked.type === "waiting") return "waiting";
  const { outcome } = asked.answer;
  return outcome.type === "Refused" ? outcome.value : outcome.type;
}

const ask = (options: QueryOptions = {}) => codeOf(live.client.ask(worker(), options));

test("a certificate answers in the name of its account, none in the name of nobody", () => {
  const { certificate, sessionSeed, account } = live.client.certificate();
  const asked = live.client.ask(worker(), { certificate, sessionSeed, selector: COUNTER.whoami });
  expect(asked.type === "answer" && asked.answer.outcome).toEqual({ type: "Ok", value: account });
  const anonymous = live.client.ask(worker(), { selector: COUNTER.whoami });
  expect(anonymous.type === "answer" && anonymous.answer.outcome).toEqual({
    type: "Ok",
    value: new Uint8Array(32),
  });
});

test("an Ethereum address has certificates too, in the name of the account that is made of it", () => {
  const own = live.client.certificate({ of: "address" });
  const asked = live.client.ask(worker(), { ...own, selector: COUNTER.whoami });
  expect(asked.type === "answer" && asked.answer.outcome).toEqual({
    type: "Ok",
    value: own.account,
  });
  expect(utf8ToText(own.account.subarray(20))).toBe("@evm_address");
  const { certificate, sessionSeed } = own;
  const changed = (change: Partial<Certificate>) =>
    ask({ certificate: { ...certificate, ...change }, sessionSeed });
  expect(changed({ expiry: certificate.expiry + 1 })).toBe("certificate/bad-signature");
  const { account } = live.client.certificate();
  expect(changed({ account })).toBe("certificate/bad-signature");
  const expired = live.client.certificate({ of: "address", expiry: live.chain.head.number - 1 });
  expect(ask({ ...expired })).toBe("certificate/expired");
});

test("an expired, foreign, forged or unknown certificate is refused", () => {
  const { certificate, sessionSeed } = live.client.certificate();
  const { number } = live.chain.head;
  const expired = live.client.certificate({ expiry: number - 1 });
  expect(ask({ ...expired })).toBe("certificate/expired");
  const foreign = live.client.certificate({ genesisHash: new Uint8Array(32).fill(4) });
  expect(ask({ ...foreign })).toBe("certificate/other-network");
  const changed = (change: Partial<Certificate>) =>
    ask({ certificate: { ...certificate, ...change }, sessionSeed });
  expect(changed({ expiry: certificate.expiry + 1 })).toBe("certificate/bad-signature");
  expect(changed({ account: new Uint8Array(32).fill(1) })).toBe("certificate/bad-signature");
  expect(changed({ purpose: "another" })).toBe("certificate/bad-signature");
  expect(changed({ purpose: "a\nb" })).toBe("certificate/bad-purpose");
  expect(changed({ version: 2 })).toBe("certificate/unknown-version");
  expect(changed({ scopes: [] })).toBe("certificate/bad-signature");
  expect(changed({})).toBe("Ok");
});

test("a certificate that was good once is refused when it has expired", () => {
  const own = live.client.certificate({ expiry: live.chain.head.number + 2 });
  expect(ask({ ...own })).toBe("Ok");
  live.network.blocks(3);
  expect(ask({ ...own })).toBe("certificate/expired");
});

test("a certificate covers its contracts and methods only", () => {
  const [contract, other] = live.pallets.contracts;
  const scoped = live.client.certificate({
    scopes: [{ contract: contract!, methods: [COUNTER.get] }],
  });
  expect(ask({ ...scoped })).toBe("Ok");
  expect(ask({ ...scoped, selector: COUNTER.whoami })).toBe("certificate/out-of-scope");
  expect(ask({ ...scoped, contract: other! })).toBe("certificate/out-of-scope");
});

test("a leaked certificate is useless: no session key, another one, another boot, another request", () => {
  const { certificate, sessionSeed } = live.client.certificate();
  const thief = blake2b256(sessionSeed);
  expect(ask({ certificate })).toBe("query/bad-session-signature");
  expect(ask({ certificate, sessionSeed: thief })).toBe("query/bad-session-signature");
  expect(
    ask({
      certificate: { ...certificate, sessionKey: ed25519PublicKey(thief) },
      sessionSeed: thief,
    }),
  ).toBe("certificate/bad-signature");
  expect(ask({ certificate, sessionSeed, signedFor: new Uint8Array(32) })).toBe(
    "query/bad-session-signature",
  );
  expect(
    ask({
      certificate,
      sessionSeed,
      tamper: (request) => ({ ...request, nonce: new Uint8Array(32) }),
    }),
  ).toBe("query/bad-session-signature");
});

test("`at` on a fork, too old or in the future is not answered from", () => {
  const { chain, network, client } = live;
  const { number } = chain.head;
  expect(ask({ at: { number, hash: new Uint8Array(32).fill(7) } })).toBe("query/at-not-finalized");
  expect(ask({ at: chain.ref(number - 2) })).toBe("Ok");
  expect(ask({ at: { number: number - 2, hash: chain.ref(number).hash } })).toBe(
    "query/at-not-finalized",
  );
  const future = { number: number + 1, hash: new Uint8Array(32).fill(7) };
  const asked = client.ask(worker(), { at: future });
  expect(codeOf(asked)).toBe("waiting");
  network.blocks();
  expect(asked.type === "waiting" && codeOf(client.poll(asked.id))).toBe("query/at-not-finalized");
});

test("a query for a block that the worker has not seen yet waits for it, not longer than the deadline", () => {
  const { chain, network, client } = live;
  worker().syncing = false;
  network.blocks();
  const early = client.ask(worker(), { at: chain.head });
  expect(codeOf(early)).toBe("waiting");
  worker().syncing = true;
  network.sync(worker());
  const answered = early.type === "waiting" ? client.poll(early.id) : early;
  expect(answered.type === "answer" && answered.answer.block).toEqual(chain.head);
  const late = client.ask(worker(), {
    at: { number: chain.head.number + 1000, hash: new Uint8Array(32) },
  });
  network.pass(DEADLINE_MS - 1);
  expect(late.type === "waiting" && codeOf(client.poll(late.id))).toBe("waiting");
  network.pass(1);
  expect(late.type === "waiting" && codeOf(client.poll(late.id))).toBe("query/behind");
  network.blocks(6);
});

test("a certificate that expires while its query waits is refused", () => {
  const { chain, network, client } = live;
  const own = client.certificate({ expiry: chain.head.number + 1 });
  worker().syncing = false;
  network.blocks(3);
  const asked = client.ask(worker(), { ...own, at: chain.head });
  expect(codeOf(asked)).toBe("waiting");
  worker().syncing = true;
  network.sync(worker());
  expect(asked.type === "waiting" && codeOf(client.poll(asked.id))).toBe("certificate/expired");
});

test("a checkpoint's own past is too old for a query after a restart", () => {
  const own = liveNetwork({ workers: 1 });
  own.network.blocks(70);
  const [one] = own.workers;
  one!.start(one!.sealed);
  own.network.until(() => one!.status?.clusters[0]?.phase === "serving");
  own.network.blocks(3);
  expect(codeOf(own.client.ask(one!, { at: own.chain.ref(3) }))).toBe("query/at-too-old");
  expect(codeOf(own.client.ask(one!))).toBe("Ok");
});

test("a query for another boot, cut, or sealed to another key does not open", () => {
  const { client } = live;
  const other = liveNetwork({ workers: 2 });
  const sealedFor = other.client.ask(other.workers[1]!);
  expect(sealedFor.type).toBe("answer");
  const taken = other.workers[1]!.recorded.findLast(({ input }) => input.type === "query")?.input;
  if (taken?.type !== "query") throw new Error("recorded");
  const feed = (id: number, sealed: typeof taken.sealed) => {
    worker().feed({ type: "query", id, sealed });
    return worker().refusals.get(id);
  };
  expect(feed(9001, taken.sealed)).toBe("query/wrong-boot");
  const { boot } = worker();
  expect(feed(9002, { ...taken.sealed, boot })).toBe("query/not-opened");
  client.ask(worker());
  const own = worker().recorded.findLast(({ input }) => input.type === "query")?.input;
  if (own?.type !== "query") throw new Error("recorded");
  expect(feed(9003, { ...own.sealed, ciphertext: own.sealed.ciphertext.slice(1) })).toBe(
    "query/not-opened",
  );
  expect(feed(9004, { ...own.sealed, enc: new Uint8Array(32) })).toBe("query/not-opened");
});

test("an answer signs request, root and block, and a repeated query does not open again", () => {
  const { client, pallets, chain } = live;
  const asked = client.ask(worker());
  if (asked.type !== "answer") throw new Error(asked.type);
  const { answer } = asked;
  expect(answer.outcome).toEqual({ type: "Ok", value: encode(u64, 7n) });
  expect(answer.root).toEqual(pallets.root?.root);
  expect(answer.stateBlock).toEqual(pallets.root?.block);
  expect(answer.block).toEqual(chain.head);
  expect(client.proven(worker(), answer)).toEqual({ ok: true, value: undefined });
  expect(client.proven(worker(), { ...answer, root: new Uint8Array(32) }).ok).toBe(false);
  const own = worker().recorded.findLast(({ input }) => input.type === "query")?.input;
  if (own?.type !== "query") throw new Error("recorded");
  worker().feed({ ...own, id: 9010 });
  expect(worker().answers.has(9010)).toBe(false);
  expect(worker().refusals.get(9010)).toBe("query/not-opened");
});

test("a session's later messages speak in its name, in order, within its scope", () => {
  const { client } = live;
  const own = client.certificate();
  const first = client.ask(worker(), { ...own, selector: COUNTER.whoami });
  const second = client.ask(worker(), { selector: COUNTER.whoami, after: first });
  expect(second.type === "answer" && second.answer.outcome).toEqual({
    type: "Ok",
    value: own.account,
  });
  const repeated = worker().recorded.findLast(({ input }) => input.type === "query")?.input;
  if (repeated?.type !== "query") throw new Error("recorded");
  worker().feed({ ...repeated, id: 9020 });
  expect(worker().refusals.get(9020)).toBe("query/not-opened");
  expect(ask({ selector: COUNTER.whoami, after: second })).toBe("Ok");
  expect(ask({ ...own, after: second })).toBe("query/second-certificate");
  expect(ask({ contract: new Uint8Array(32).fill(2), after: second })).toBe(
    "certificate/out-of-scope",
  );
});

test("an unknown contract and a failing query say so inside the sealed answer", () => {
  expect(ask({ contract: new Uint8Array(32).fill(2) })).toBe("query/unknown-contract");
  expect(ask({ selector: Uint8Array.of(9, 9, 9, 9) })).toBe("Failed");
});

test("no more than so many queries wait at once, and each is let go at its deadline", () => {
  const { client, network, chain } = live;
  const at = { number: chain.head.number + 1, hash: new Uint8Array(32) };
  const asked = Array.from({ length: MAX_QUERIES }, () => client.ask(worker(), { at }));
  expect(asked.every(({ type }) => type === "waiting")).toBe(true);
  expect(ask()).toBe("query/overloaded");
  network.pass(DEADLINE_MS);
  expect(
    asked.every((one) => one.type === "waiting" && codeOf(client.poll(one.id)) === "query/behind"),
  ).toBe(true);
  network.blocks(6);
  expect(ask()).toBe("Ok");
});

test("of queries for far blocks only the newest wait: they must not hold the pipe for others", () => {
  const { client, network, chain } = live;
  const at = { number: chain.head.number + 2, hash: new Uint8Array(32) };
  const first = client.ask(worker(), { at });
  const near = client.ask(worker(), { at: { ...at, number: chain.head.number + 1 } });
  const later = Array.from({ length: MAX_FAR }, () => client.ask(worker(), { at }));
  expect(first.type === "waiting" && codeOf(client.poll(first.id))).toBe("query/behind");
  for (const one of [near, ...later])
    expect(one.type === "waiting" && codeOf(client.poll(one.id))).toBe("waiting");
  network.blocks(3);
  for (const one of [near, ...later])
    expect(one.type === "waiting" && codeOf(client.poll(one.id))).toBe("query/at-not-finalized");
});

test("an engine that is silent or gone costs an error, not a wait for ever", () => {
  const { client, network } = live;
  worker().intercept = (output) =>
    output.type === "engine" && output.request.type === "query" ? [] : undefined;
  const silent = client.ask(worker());
  network.pass(DEADLINE_MS);
  network.blocks(6);
  const lost = client.ask(worker());
  worker().intercept = undefined;
  const { cluster } = worker().status!.clusters[0]!;
  worker().engine.crash();
  worker().feed({ type: "engine", cluster, response: { type: "restarted" } });
  network.blocks(6);
  expect(silent.type === "waiting" && codeOf(client.poll(silent.id))).toBe("query/timed-out");
  expect(lost.type === "waiting" && codeOf(client.poll(lost.id))).toBe("query/engine-restarted");
  expect(counterOf(client, worker())).toBe(7n);
});

test("a lease that is not renewed stops the answers, and a new one brings them back", () => {
  const { client, network } = live;
  expect(ask()).toBe("Ok");
  network.lose = (from) => from === worker();
  const held = [...worker().messages];
  network.pass(12_000);
  expect(counterOf(client, worker())).toBe("query/lease-expired");
  network.lose = undefined;
  expect(held.length).toBeLessThan(3);
  network.blocks(6);
  expect(ask()).toBe("Ok");
});

test("answers stop with the worker's own clock even when the chain still grants the lease", () => {
  const { client, network, chain } = live;
  expect(ask()).toBe("Ok");
  worker().feed({ type: "tick", monotonicMs: network.nowMs + 12_001 });
  expect(counterOf(client, worker())).toBe("query/lease-expired");
  expect(chain.head.number).toBeGreaterThan(0);
});
