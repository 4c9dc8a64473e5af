import { BlockHeaderCodec } from "@pha/frame";
import {
  bytes,
  concatBytes,
  decode,
  encode,
  fixedBytes,
  toHex,
  tuple,
  u8,
  u64,
  utf8,
  vec,
} from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import { expect, test } from "vitest";
import { copyOf, headerOf, startTestChain } from "./testing/test-chain.ts";
import { TIMESTAMP_INHERENT } from "./timestamp/index.ts";

const NOTHING = new Uint8Array();

test("a block is built and executed through runtime APIs alone", () => {
  const chain = startTestChain();
  chain.block();
  const { runtime } = chain;
  const parent = copyOf(chain.overlay);
  const state = copyOf(parent);
  const ask = (name: string, args: Uint8Array, on = state): Uint8Array => {
    const answer = runtime.runtimeApi(on, name, args);
    if (!answer.ok) throw new Error(`${name}: ${answer.error.code}`);
    return answer.value;
  };
  const header = headerOf(chain.hash(), 2, 1_001n);
  ask("Core_initialize_block", encode(BlockHeaderCodec, header));
  const data = encode(vec(tuple(fixedBytes(8), bytes)), [
    [utf8(TIMESTAMP_INHERENT), encode(u64, 1_001_000n)],
  ]);
  const inherents = ask("BlockBuilder_inherent_extrinsics", data);
  const inherent = inherents.subarray(1);
  expect(inherents[0]).toBe(4);
  const remark = runtime.tx.System.remark({ remark: utf8("built") });
  const signed = chain.sign("//Alice", remark);
  const success = Uint8Array.of(0, 0);
  expect(ask("BlockBuilder_apply_extrinsic", inherent)).toEqual(success);
  expect(ask("BlockBuilder_apply_extrinsic", signed)).toEqual(success);
  // Ok(Err(..)) and Err(..) in Substrate's form: stale is Invalid(Stale).
  expect(ask("BlockBuilder_apply_extrinsic", signed)).toEqual(Uint8Array.of(1, 0, 3));
  const finished = decode(BlockHeaderCodec, ask("BlockBuilder_finalize_block", NOTHING));
  if (!finished.ok) throw new Error("a header is answered");
  const made = { ...finished.value, extrinsicsRoot: orderedTrieRoot([inherent, signed]) };
  const block = concatBytes(encode(BlockHeaderCodec, made), Uint8Array.of(8), inherent, signed);
  const again = copyOf(parent);
  expect(ask("Core_execute_block", block, again)).toEqual(NOTHING);
  expect(again.entries()).toEqual(state.entries());
  expect(ask("BlockBuilder_check_inherents", concatBytes(block, data), copyOf(parent))[0]).toBe(1);
  const wrong = concatBytes(
    encode(BlockHeaderCodec, finished.value),
    block.subarray(0, 0),
    Uint8Array.of(0),
  );
  expect(runtime.runtimeApi(copyOf(parent), "Core_execute_block", wrong)).toMatchObject({
    error: { code: "runtime/trapped" },
  });
});

test("session keys are told apart", () => {
  const chain = startTestChain();
  const keys = concatBytes(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
  const ask = (encoded: Uint8Array) => {
    const args = encode(bytes, encoded);
    const answer = chain.runtime.runtimeApi(chain.overlay, "SessionKeys_decode_session_keys", args);
    return answer.ok ? answer.value : NOTHING;
  };
  expect(toHex(ask(keys)).endsWith(toHex(utf8("gran")).slice(2))).toBe(true);
  expect(ask(keys.subarray(1))).toEqual(encode(u8, 0));
});

test("an entry point that is not there, and arguments that do not decode, are refused", () => {
  const { runtime, overlay } = startTestChain();
  expect(runtime.runtimeApi(overlay, "Core_nothing", NOTHING)).toEqual({
    ok: false,
    error: { code: "runtime/unknown-api", entryPoint: "Core_nothing" },
  });
  for (const [args, reason] of [
    [NOTHING, "truncated"],
    [new Uint8Array(200), "trailing-bytes"],
  ] as const)
    expect(runtime.runtimeApi(overlay, "Core_initialize_block", args)).toMatchObject({
      ok: false,
      error: { code: "runtime/bad-arguments", cause: { code: "scale/malformed", reason } },
    });
});
