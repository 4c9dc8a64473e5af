import { ed25519Sign } from "@pha/crypto";
import { invalid } from "@pha/frame";
import { Heartbeat, signedMessageBytes, TOPIC } from "@pha/protocol";
import { encode, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import {
  heartbeatCall,
  messageCall,
  nextMessage,
  OPERATOR,
  registerCall,
  rejection,
  startPhaChain,
  testBoot,
} from "../testing/pha-chain.ts";
import { bootTag, PhalaMq, sequenceTag } from "./index.ts";

function start() {
  const chain = startPhaChain();
  chain.block();
  const boot = testBoot(1);
  expect(chain.send(registerCall(chain, boot)).error).toBeUndefined();
  return { chain, boot, tx: chain.runtime.tx.PhalaMq };
}

function validity(chain: ReturnType<typeof startPhaChain>, call: Parameters<typeof chain.sign>[1]) {
  const bytes = chain.sign(OPERATOR, call);
  return chain.runtime.validateTransaction(chain.overlay, "External", bytes, chain.hash());
}

describe("a pRuntime's message", () => {
  test("in order takes effect and costs its carrier nothing", () => {
    const { chain, boot } = start();
    const sent = chain.send(heartbeatCall(chain, boot));
    expect(sent.events.map(({ name }) => name)).toContain("MessageAccepted");
    const paid = sent.events.find(({ name }) => name === "TransactionFeePaid");
    expect(paid?.fields["actualFee"]).toBe(0n);
  });

  test("is refused when it is replayed, skips a number, or comes from another boot", () => {
    const { chain, boot, tx } = start();
    const first = heartbeatCall(chain, boot);
    expect(chain.send(first).error).toBeUndefined();
    expect(chain.send(first).error).toBe("BadSequence");
    boot.sequence += 1n;
    expect(chain.send(heartbeatCall(chain, boot)).error).toBe("BadSequence");
    const stranger = heartbeatCall(chain, testBoot(1, "Worker", 1));
    expect(chain.send(stranger).error).toBe("NotLatestBoot");
    const unknown = nextMessage(testBoot(5), TOPIC.heartbeat, new Uint8Array());
    expect(chain.send(tx.sync_offchain_message({ signedMessage: unknown })).error).toBe(
      "NotLatestBoot",
    );
  });

  test("is refused with a forged signature, and its sequence stays free", () => {
    const { chain, boot, tx } = start();
    const good = nextMessage(boot, TOPIC.heartbeat, new Uint8Array(2));
    const { message } = good;
    const other = { ...message, payload: new Uint8Array(3) };
    const forged = { ...good, message: other };
    expect(chain.send(tx.sync_offchain_message({ signedMessage: forged })).error).toBe(
      "InvalidSignature",
    );
    const foreign = ed25519Sign(
      new Uint8Array(32),
      signedMessageBytes(message, good.boot, good.sequence),
    );
    const wrong = { ...good, signature: foreign };
    expect(chain.send(tx.sync_offchain_message({ signedMessage: wrong })).error).toBe(
      "InvalidSignature",
    );
    const sent = chain.send(tx.sync_offchain_message({ signedMessage: good }));
    expect(rejection(chain, sent)).toBe("MalformedMessage");
  });

  test("that its pallet refuses uses up its sequence, so that the queue never jams", () => {
    const { chain, boot } = start();
    for (const topic of [utf8("pha/unheard/of"), utf8("~bad"), TOPIC.heartbeat]) {
      const sent = chain.send(messageCall(chain, boot, topic, new Uint8Array(1)));
      expect(sent.error).toBeUndefined();
      expect(rejection(chain, sent)).toMatch(/UnknownTopic|BadDestination|MalformedMessage/);
    }
    expect(rejection(chain, chain.send(heartbeatCall(chain, boot)))).toBeUndefined();
  });

  test("of a sender that is no worker is refused", () => {
    const { chain, boot, tx } = start();
    const signed = nextMessage(boot, TOPIC.heartbeat, new Uint8Array());
    const sender = { type: "Gatekeeper", value: undefined } as const;
    const signedMessage = { ...signed, message: { ...signed.message, sender } };
    expect(chain.send(tx.sync_offchain_message({ signedMessage })).error).toBe("BadSender");
  });
});

describe("the pool", () => {
  test("holds a future message until the one before it is included", () => {
    const { chain, boot, tx } = start();
    const [first, second] = [0, 1].map(() => nextMessage(boot, TOPIC.heartbeat, new Uint8Array()));
    if (!first || !second) throw new Error("two messages were made");
    const now = validity(chain, tx.sync_offchain_message({ signedMessage: first }));
    expect(now.ok && now.value.requires).toEqual([]);
    expect(now.ok && now.value.provides).toContainEqual(sequenceTag(first, 0n));
    const later = validity(chain, tx.sync_offchain_message({ signedMessage: second }));
    expect(later.ok && later.value.requires).toEqual([sequenceTag(first, 0n)]);
    boot.sequence = 1000n;
    const far = nextMessage(boot, TOPIC.heartbeat, new Uint8Array());
    expect(validity(chain, tx.sync_offchain_message({ signedMessage: far }))).toEqual({
      ok: false,
      error: invalid("Future"),
    });
  });

  test("refuses what is stale or forged", () => {
    const { chain, boot, tx } = start();
    const first = heartbeatCall(chain, boot);
    chain.send(first);
    expect(validity(chain, first)).toEqual({ ok: false, error: invalid("Stale") });
    const signed = nextMessage(boot, TOPIC.heartbeat, new Uint8Array());
    const signedMessage = { ...signed, signature: new Uint8Array(64) };
    expect(validity(chain, tx.sync_offchain_message({ signedMessage }))).toEqual({
      ok: false,
      error: invalid("BadProof"),
    });
  });

  test("lets a new boot's messages wait for its registration", () => {
    const { chain } = start();
    const boot = testBoot(1, "Worker", 1);
    const early = validity(chain, heartbeatCall(chain, boot));
    expect(early.ok && early.value.requires).toEqual([bootTag(boot.boot)]);
    const registration = validity(chain, registerCall(chain, boot));
    expect(registration.ok && registration.value.provides).toContainEqual(bootTag(boot.boot));
  });
});

describe("outbound messages", () => {
  test("are of one block only, in order, whoever sent them", () => {
    const { chain, tx } = start();
    const topic = utf8("app/topic");
    const calls = [1, 2, 3].map((n) =>
      tx.push_message({ destination: topic, payload: new Uint8Array(20_000).fill(n) }),
    );
    chain.sendAll(calls, "//Bob");
    expect(chain.messages().map(({ payload }) => payload[0])).toEqual([1, 2, 3]);
    expect(chain.messages()[0]?.sender).toEqual({
      type: "AccountId",
      value: chain.account("//Bob"),
    });
    chain.block();
    expect(chain.messages()).toEqual([]);
  });

  test("of users leave the chain's own topics alone", () => {
    const { chain, tx } = start();
    const heartbeat = encode(Heartbeat, { nonce: new Uint8Array(32), head: chain.head() });
    for (const destination of [TOPIC.command, TOPIC.heartbeat, utf8("~x"), utf8("")])
      expect(chain.send(tx.push_message({ destination, payload: heartbeat }), "//Bob").error).toBe(
        "BadDestination",
      );
  });

  test("are pushed for a pallet by root alone", () => {
    const { chain, tx } = start();
    const push = tx.force_push_pallet_message({
      destination: TOPIC.command,
      payload: new Uint8Array(1),
    });
    expect(chain.send(push, "//Bob").error).toBe("BadOrigin");
    expect(chain.sudo(push).error).toBeUndefined();
    expect(chain.messages()).toHaveLength(1);
  });

  test("have a limit per block, of which users leave a part to the chain", () => {
    const { chain } = start();
    const env = chain.runtime.env(chain.overlay);
    const { storage } = env.of(PhalaMq);
    const full = { messages: 1, bytes: (4 << 20) - (512 << 10), chunks: 0 };
    storage.Gathered.put(full);
    const call = chain.runtime.tx.PhalaMq.push_message({
      destination: utf8("app"),
      payload: new Uint8Array(1),
    });
    const outcome = env.dispatch(call, { type: "Signed", account: chain.account("//Bob") });
    expect(outcome.ok || chain.errorName(outcome.error)).toBe("QueueFull");
    const forced = chain.runtime.tx.PhalaMq.force_push_pallet_message({
      destination: utf8("app"),
      payload: new Uint8Array(1),
    });
    expect(env.dispatch(forced, { type: "Root" }).ok).toBe(true);
  });

  test("that fail with their call are not sent", () => {
    const { chain, tx } = start();
    const fine = tx.push_message({ destination: utf8("app"), payload: new Uint8Array(9) });
    const bad = tx.push_message({ destination: utf8("~"), payload: new Uint8Array(9) });
    const batch = chain.runtime.tx.Utility.batch_all({ calls: [fine, bad] });
    expect(chain.send(batch, "//Bob").error).toBe("BadDestination");
    expect(chain.messages()).toEqual([]);
  });
});
