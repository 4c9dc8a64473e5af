import { blake2b } from "@noble/hashes/blake2.js";
import { pairFromUri, sr25519Sign } from "@pha/crypto";
import {
  addressOf,
  at,
  definePallet,
  defineRuntime,
  event,
  NONE,
  ROOT,
  renderPalletDocs,
  signed,
  signedBy,
  value,
  weight,
} from "@pha/frame";
import { concatBytes, decode, encode, fromHex, toHex, u32, utf8 } from "@pha/scale";
import { Metadata, TypeRegistry } from "@polkadot/types";
import { decAnyMetadata } from "@polkadot-api/substrate-bindings";
import { describe, expect, test } from "vitest";
import { PHA } from "./parameters.ts";
import { System, systemPort } from "./system/index.ts";
import { sampleBytes } from "./testing/sample-bytes.ts";
import { startTestChain } from "./testing/test-chain.ts";
import { hexOf, thirdParties } from "./testing/third-party.node.ts";

const chain = startTestChain();
const { runtime } = chain;

/** The codecs of polkadot-api read the whole buffer of what they are given: it gets copies. */
describe("metadata", () => {
  test("is read by both third-party libraries, versions 14 and 15", () => {
    for (const version of [14, 15] as const) {
      const bytes = runtime.metadata(version);
      expect(decAnyMetadata(bytes).metadata.tag).toBe(`v${version}`);
      const registry = new TypeRegistry();
      const metadata = new Metadata(registry, hexOf(bytes));
      expect(metadata.version).toBe(version);
      expect(toHex(metadata.toU8a())).toBe(toHex(bytes));
      registry.setMetadata(metadata);
      expect(metadata.asLatest.pallets.length).toBe(runtime.tables.pallets.length);
    }
  });

  test("lets two third-party codecs encode every call; each decodes here and dispatches", () => {
    const { builder, registry } = thirdParties(runtime);
    let calls = 0;
    for (const entry of runtime.tables.pallets)
      for (const [name, { declaration }] of entry.callsByName) {
        const label = `${entry.pallet.name}.${name}`;
        const ours = concatBytes(
          Uint8Array.of(entry.index, declaration.index),
          sampleBytes(declaration.args.shape),
        );
        const { codec, location } = builder.buildCall(entry.pallet.name, name);
        expect(location, label).toEqual([entry.index, declaration.index]);
        const args = codec.dec(ours.slice(2));
        const papi = concatBytes(Uint8Array.from(location), codec.enc(args));
        const pjs = registry.createType("Call", ours);
        const pjsAgain = registry.createType("Call", {
          callIndex: pjs.callIndex,
          args: Object.fromEntries(pjs.argsEntries.map(([key, one]) => [key, one])),
        });
        for (const bytes of [papi, pjs.toU8a(), pjsAgain.toU8a()]) {
          expect(toHex(bytes), label).toBe(toHex(ours));
          const call = decode(runtime.format.call, bytes);
          if (!call.ok) throw new Error(`${label} does not decode: ${call.error.reason}`);
          expect(call.value).toMatchObject({ pallet: entry.pallet.name, name });
          const env = runtime.env(chain.overlay);
          chain.overlay.begin();
          for (const origin of [signedBy(chain.account("//Alice")), ROOT, NONE])
            expect(typeof env.dispatch(call.value, origin).ok, label).toBe("boolean");
          chain.overlay.rollback();
        }
        calls++;
      }
    expect(calls).toBeGreaterThan(20);
  });

  test("describes storage as it is: third-party keys find our values, and decode them", () => {
    const { builder } = thirdParties(runtime);
    const env = runtime.env(chain.overlay);
    const alice = chain.account("//Alice");
    const account = builder.buildStorage("System", "Account");
    const ourKey = toHex(env.of(System).storage.Account.keyOf(alice));
    const key = account.keys.enc(...account.keys.dec(ourKey));
    expect(key).toBe(ourKey);
    const stored = chain.overlay.get(fromHex(key));
    const decoded = account.value.dec(Uint8Array.from(stored ?? [])) as { data: { free: bigint } };
    expect(decoded.data.free).toBe(100_000n * PHA);
    for (const entry of runtime.tables.pallets)
      for (const [item, { fallback }] of Object.entries(entry.pallet.storage)) {
        const { value: codec } = builder.buildStorage(entry.pallet.name, item);
        if (fallback)
          expect(() => codec.dec(fallback.slice()), `${entry.pallet.name}.${item}`).not.toThrow();
      }
  });

  test("gives every constant in the type it is described with", () => {
    const { builder, metadata } = thirdParties(runtime);
    for (const pallet of metadata.pallets)
      for (const one of pallet.constants)
        expect(() => builder.buildConstant(pallet.name, one.name).dec(one.value)).not.toThrow();
  });

  test("decodes the events of a block in both libraries", () => {
    const own = startTestChain();
    const call = own.runtime.tx.Utility.batch({
      calls: [
        own.runtime.tx.Balances.transfer_keep_alive({
          dest: addressOf(own.account("//Bob")),
          value: PHA,
        }),
        own.runtime.tx.Balances.transfer_keep_alive({
          dest: addressOf(own.account("//Bob")),
          value: 10n ** 20n,
        }),
      ],
    });
    own.block([own.sign("//Alice", call)]);
    const bytes = Uint8Array.from(own.overlay.get(fromHex(eventsKey())) ?? []);
    const { builder, registry } = thirdParties(runtime);
    const papi = builder.buildStorage("System", "Events").value.dec(bytes) as readonly {
      event: { type: string; value: { type: string } };
    }[];
    const names = papi.map(({ event: one }) => `${one.type}.${one.value.type}`);
    expect(names).toContain("Balances.Transfer");
    expect(names).toContain("Utility.BatchInterrupted");
    expect(names.at(-1)).toBe("System.ExtrinsicSuccess");
    const pjs = registry.createType("Vec<EventRecord>", bytes);
    expect(pjs.toU8a()).toEqual(bytes);
    expect(pjs.length).toBe(papi.length);
  });

  test("decodes a signed extrinsic in @polkadot/types, which signs one that we accept", () => {
    const own = startTestChain();
    own.block();
    const { registry } = thirdParties(own.runtime);
    const call = own.runtime.tx.System.remark({ remark: utf8("hello") });
    const ours = own.sign("//Alice", call, { tip: 3n, nonce: 0 });
    const pjs = registry.createType("Extrinsic", ours);
    expect(toHex(pjs.toU8a())).toBe(toHex(ours));
    expect(pjs.tip.toBigInt()).toBe(3n);
    const alice = own.account("//Alice");
    const address = registry.createType("Address", alice).toString();
    expect(pjs.signer.toString()).toBe(address);

    const theirs = registry.createType(
      "Extrinsic",
      registry.createType("Call", encode(own.runtime.format.call, call)),
    );
    const pair = pairFromUri("//Alice", "sr25519");
    if (!pair.ok) throw new Error("unreadable");
    const zero = hexOf(own.genesisHash);
    theirs.sign(
      {
        address,
        addressRaw: alice,
        publicKey: alice,
        sign: (message) => concatBytes(Uint8Array.of(1), sr25519Sign(pair.value, message)),
      },
      {
        blockHash: zero,
        genesisHash: zero,
        nonce: 0,
        tip: 5,
        runtimeVersion: registry.createType(
          "RuntimeVersion",
          own.runtime.version as never,
        ) as never,
      },
    );
    const { outcomes } = own.block([theirs.toU8a()]);
    expect(outcomes[0]).toMatchObject({ ok: true, value: { error: undefined } });
  });

  test("describes runtime APIs so that third-party codecs call them", () => {
    const { builder, metadata } = thirdParties(runtime);
    const apis = metadata.apis;
    expect(apis.length).toBe(runtime.version.apis.length);
    const version = runtime.runtimeApi(chain.overlay, "Core_version", new Uint8Array());
    if (!version.ok) throw new Error(version.error.code);
    const decoded = builder.buildRuntimeCall("Core", "version").value.dec(version.value.slice());
    expect(decoded).toMatchObject({ spec_name: "pha", transaction_version: 1 });
    const nonce = builder.buildRuntimeCall("AccountNonceApi", "account_nonce");
    const alice = chain.account("//Alice");
    const answer = runtime.runtimeApi(chain.overlay, "AccountNonceApi_account_nonce", alice);
    expect(answer.ok && nonce.value.dec(answer.value.slice())).toBe(0);
    const own = startTestChain();
    own.block();
    const signedCall = own.sign("//Alice", own.runtime.tx.System.remark({ remark: utf8("x") }));
    const length = encode(u32, signedCall.length);
    const info = own.runtime.runtimeApi(
      own.overlay,
      "TransactionPaymentApi_query_info",
      concatBytes(signedCall, length),
    );
    if (!info.ok) throw new Error(info.error.code);
    const fee = builder
      .buildRuntimeCall("TransactionPaymentApi", "query_info")
      .value.dec(info.value.slice());
    expect((fee as { partial_fee: bigint }).partial_fee).toBeGreaterThan(0n);
    const validity = own.runtime.runtimeApi(
      own.overlay,
      "TaggedTransactionQueue_validate_transaction",
      concatBytes(Uint8Array.of(2), signedCall, own.hash()),
    );
    if (!validity.ok) throw new Error(validity.error.code);
    const valid = builder.buildRuntimeCall("TaggedTransactionQueue", "validate_transaction");
    expect(valid.value.dec(validity.value.slice())).toMatchObject({ success: true });
    expect(runtime.runtimeApi(own.overlay, "Core_nothing", new Uint8Array()).ok).toBe(false);
    for (const version of [14, 15, 16]) {
      const result = runtime.runtimeApi(
        chain.overlay,
        "Metadata_metadata_at_version",
        encode(u32, version),
      );
      expect(result.ok && result.value[0]).toBe(version === 16 ? 0 : 1);
    }
  });

  test("of the standard pallets is what it was", async () => {
    const standard = runtime.tables.pallets.filter(({ pallet }) => !pallet.name.startsWith("Pha"));
    const page = renderPalletDocs({ tables: { ...runtime.tables, pallets: standard } });
    await expect(page).toMatchFileSnapshot("testing/standard-pallets.md");
  });

  test("names every API by the id that clients look for", () => {
    for (const [name, { id, version }] of Object.entries(runtime.apis)) {
      expect(toHex(blake2b(utf8(name), { dkLen: 8 })), name).toBe(`0x${id}`);
      expect(version).toBeGreaterThan(0);
    }
  });

  test("uses names and indexes once", () => {
    const indexes = runtime.tables.pallets.map(({ index }) => index);
    expect(new Set(indexes).size).toBe(indexes.length);
  });
});

describe("a pallet added to a runtime", () => {
  const Greeter = definePallet("Greeter", {
    docs: "Greets.",
    storage: { Greetings: value(u32, { default: 0, docs: "Greetings so far." }) },
    events: { Greeted: event(4, { count: u32 }, "Somebody greeted.") },
  }).implement(({ call }) => ({
    calls: {
      greet: call(
        7,
        { docs: "Greets.", origin: signed, args: { times: u32 }, weight: weight(1n, 1n) },
        (ctx, { times }) => {
          ctx.storage.Greetings.mutate((count) => count + times);
          ctx.emit.Greeted({ count: ctx.storage.Greetings.get() });
        },
      ),
    },
  }));

  test("appears in metadata, types, calls and dispatch without another edit", () => {
    const systemEntry = runtime.tables.byName.get("System");
    const made = defineRuntime({
      version: runtime.version,
      pallets: [at(0, System, systemEntry?.config as never), at(200, Greeter)],
      system: systemPort,
      extensions: [],
    });
    const { builder, registry } = thirdParties(made);
    const { codec, location } = builder.buildCall("Greeter", "greet");
    expect(location).toEqual([200, 7]);
    const typed = made.tx.Greeter.greet({ times: 3 });
    const bytes = encode(made.format.call, typed);
    expect(toHex(bytes)).toBe(
      toHex(concatBytes(Uint8Array.from(location), codec.enc({ times: 3 }))),
    );
    expect(registry.createType("Call", bytes).method).toBe("greet");
    // @ts-expect-error the argument's type follows from the declaration
    made.tx.Greeter.greet({ times: "3" });
    const env = made.env(startTestChain().overlay);
    expect(env.dispatch(typed, signedBy(new Uint8Array(32))).ok).toBe(true);
    expect(env.of(Greeter).storage.Greetings.get()).toBe(3);
  });
});

function eventsKey(): string {
  return toHex(
    concatBytes(
      fromHex("0x26aa394eea5630e07c48ae0c9558cef7"),
      fromHex("0x80d41e5e16056765bc8461851072c9d7"),
    ),
  );
}
