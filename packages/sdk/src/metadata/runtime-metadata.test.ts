import { blake2b256, sr25519Verify } from "@pha/crypto";
import { developmentPreset, VERSION } from "@pha/runtime";
import { decode, toHex } from "@pha/scale";
import { expandMetadata, Metadata, TypeRegistry } from "@polkadot/types";
import { describe, expect, test } from "vitest";
import { devSigner } from "../chain/accounts.ts";
import { signExtrinsic } from "../chain/extrinsic.ts";
import { decodeMetadata } from "./runtime-metadata.ts";

const { runtime } = developmentPreset();
const encoded = runtime.metadata(14);
const decoded = decodeMetadata(encoded);
if (!decoded.ok) throw new Error(decoded.error.code);
const metadata = decoded.value;

const registry = new TypeRegistry();
const third = new Metadata(registry, `0x${Buffer.from(encoded).toString("hex")}`);
registry.setMetadata(third, undefined, {
  CheckMqSequence: { extrinsic: {}, payload: {} },
});
const expanded = expandMetadata(registry, third);

const alice = devSigner("Alice");
const bob = devSigner("Bob");
const to = { type: "Id", value: bob.publicKey };

function call(pallet: string, name: string, args: unknown): Uint8Array {
  const bytes = metadata.encodeCall(pallet, name, args);
  if (bytes === undefined) throw new Error(`no call ${pallet}.${name}`);
  return bytes;
}

describe("codecs made from metadata agree with those of @polkadot/types", () => {
  const transfer = { dest: to, value: 1_234_567_890_123n };
  test.each([
    ["System", "remark", { remark: Uint8Array.of(1, 2, 3) }],
    ["Balances", "transfer_allow_death", transfer],
    ["Balances", "transfer_keep_alive", { dest: to, value: 0n }],
    ["Timestamp", "set", { now: 1_700_000_000_000n }],
    [
      "Utility",
      "batch_all",
      {
        calls: [
          { type: "System", value: { type: "remark", value: { remark: new Uint8Array(70) } } },
          { type: "Balances", value: { type: "transfer_allow_death", value: transfer } },
        ],
      },
    ],
    [
      "PhalaPhatContracts",
      "push_command",
      {
        contract: new Uint8Array(32).fill(1),
        generation: 1n,
        epoch: 2n,
        command_id: new Uint8Array(32).fill(2),
        code_hash: undefined,
        fuel_limit: 3n,
        value: 4n,
        expiry: 5,
        sealed: new Uint8Array(100).fill(6),
      },
    ],
  ])("call %s.%s", (pallet, name, args) => {
    const ours = call(pallet, name, args);
    const theirs = registry.createType("Call", ours);
    expect(toHex(theirs.toU8a())).toBe(toHex(ours));
    expect(theirs.method).toBe(
      name.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase()),
    );
    const again = registry.createType("Call", {
      callIndex: theirs.callIndex,
      args: Object.fromEntries(theirs.argsEntries),
    });
    expect(toHex(again.toU8a())).toBe(toHex(ours));
  });

  test("storage keys and values", () => {
    const item = metadata.storage("System", "Account");
    // Theirs has its length, 80, in front.
    const key = expanded.query["system"]?.["account"]?.(bob.publicKey).slice(2);
    expect(item && toHex(item.key(bob.publicKey))).toBe(key && toHex(key));
    const value = registry.createType("FrameSystemAccountInfo", {
      nonce: 7,
      data: { free: 5_000n, reserved: 3n },
    } as never);
    const read = item && decode(item.value, value.toU8a());
    expect(read).toMatchObject({
      ok: true,
      value: { nonce: 7, data: { free: 5_000n, reserved: 3n } },
    });
  });

  test("constants", () => {
    expect(metadata.constant("Babe", "ExpectedBlockTime")).toBe(1000n);
    expect(metadata.constant("Babe", "NoSuch")).toBeUndefined();
    expect(metadata.constant("NoSuch", "ExpectedBlockTime")).toBeUndefined();
  });

  test("events and errors", () => {
    const theirs = registry.createType("Vec<FrameSystemEventRecord>", [] as never).toU8a();
    expect(decode(metadata.events, theirs)).toEqual({ ok: true, value: [] });
    const pallet = metadata.pallets.find(({ name }) => name === "Balances");
    const meta = registry.findMetaError({
      index: registry.createType("u8", pallet?.index),
      error: registry.createType("u8", 0),
    } as never);
    expect(metadata.errorOf(pallet?.index ?? 0, 0)?.name).toBe(`Balances.${meta.name}`);
    expect(metadata.errorOf(250, 0)).toBeUndefined();
  });
});

describe("metadata that is no metadata", () => {
  test("of another version is refused", () => {
    const other = Uint8Array.from(encoded);
    other[4] = 13;
    expect(decodeMetadata(other)).toMatchObject({ ok: false, error: { version: 13 } });
  });

  test("without the magic word is refused", () => {
    const other = Uint8Array.from(encoded);
    other[0] = (other[0] ?? 0) ^ 1;
    expect(decodeMetadata(other)).toMatchObject({ ok: false });
  });

  test("truncated is refused wherever it is cut", () => {
    for (let length = 0; length < encoded.length; length += 997)
      expect(decodeMetadata(encoded.subarray(0, length)).ok).toBe(false);
  });

  test("calls that the chain has not are undefined", () => {
    expect(metadata.encodeCall("Balances", "mint", {})).toBeUndefined();
    expect(metadata.encodeCall("Mint", "mint", {})).toBeUndefined();
    expect(metadata.storage("Mint", "Account")).toBeUndefined();
  });
});

describe("a signed extrinsic", () => {
  const genesisHash = new Uint8Array(32).fill(3);
  const { specVersion, transactionVersion } = VERSION;
  const context = { metadata, genesisHash, specVersion, transactionVersion };
  const blockHash = new Uint8Array(32).fill(4);

  test.each([
    ["small and mortal", 10, 64, 0n, 3],
    ["in the last block of a period", 63, 64, 12n, 0],
    ["with a long period and a great tip", 70_001, 65_536, 1n << 70n, 100_000],
    ["with a short period", 1_000_003, 4, 1n << 30n, 1],
    ["with a period between powers of two", 777, 100, 5n, 70],
  ])("%s is what @polkadot/types makes of the same", async (_name, number, period, tip, nonce) => {
    const method = call("System", "remark", { remark: new Uint8Array(nonce % 300) });
    const mortality = { number, hash: blockHash, period };
    const ours = await signExtrinsic(context, alice, method, { nonce, tip, mortality });
    const theirs = registry.createType("Extrinsic", ours);
    expect(toHex(theirs.toU8a())).toBe(toHex(ours));
    expect(theirs.signer.toString()).toBe(
      registry.createType("AccountId", alice.publicKey).toString(),
    );
    expect(theirs.nonce.toNumber()).toBe(nonce);
    expect(theirs.tip.toBigInt()).toBe(tip);
    const era = registry.createType("ExtrinsicEra", { current: number, period });
    expect(theirs.era.toHex()).toBe(era.toHex());
    const payload = registry.createType(
      "ExtrinsicPayload",
      {
        method: theirs.method.toHex(),
        era: era.toHex(),
        nonce,
        tip,
        specVersion,
        transactionVersion,
        genesisHash,
        blockHash,
      } as never,
      { version: 4 },
    );
    const bytes = payload.toU8a({ method: true });
    const signed = bytes.length > 256 ? blake2b256(bytes) : bytes;
    const signature = theirs.signature.toU8a().slice(-64);
    expect(sr25519Verify(alice.publicKey, signed, signature)).toBe(true);
  });

  test("without mortality is immortal and bound to the genesis block", async () => {
    const method = call("System", "remark", { remark: new Uint8Array(3) });
    const ours = await signExtrinsic(context, alice, method, { nonce: 0 });
    expect(registry.createType("Extrinsic", ours).era.toHex()).toBe("0x00");
  });
});
