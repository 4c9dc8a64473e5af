/** Prints what becomes of calls nested to several depths as JSON, to be compared between stack sizes. */
import { encodeExtrinsic } from "@pha/frame";
import { concatBytes, encode, toHex } from "@pha/scale";
import { startTestChain } from "./test-chain.ts";

/** Longest that fits into an extrinsic: three bytes a level. */
const DEPTHS = [1, 2, 100, 255, 256, 257, 258, 1_000, 10_000, 349_000];
/** Built as a value, which recursion writes. */
const SIGNED_DEPTHS = [1, 100, 256];

const chain = startTestChain();
chain.block();
const { runtime } = chain;
const remark = runtime.tx.System.remark({ remark: new Uint8Array() });
const batch = encode(runtime.format.call, runtime.tx.Utility.batch({ calls: [remark] }));
const around = batch.subarray(0, 3);

/** Bytes of a remark inside so many calls, itself counted. */
function nested(depth: number): Uint8Array {
  const levels = new Uint8Array(around.length * (depth - 1));
  for (let at = 0; at < levels.length; at += around.length) levels.set(around, at);
  return concatBytes(levels, encode(runtime.format.call, remark));
}

const hostile = DEPTHS.map((depth) => {
  const extrinsic = encodeExtrinsic(nested(depth));
  const valid = runtime.validateTransaction(chain.overlay, "External", extrinsic, chain.hash());
  return [depth, valid.ok ? "valid" : valid.error.value.type];
});
const signed = SIGNED_DEPTHS.map((depth) => {
  let call = remark;
  for (let i = 1; i < depth; i++) call = runtime.tx.Utility.batch({ calls: [call] });
  const { header, outcomes } = chain.block([chain.sign("//Alice", call)]);
  const [outcome] = outcomes;
  const isGood = outcome?.ok === true && outcome.value.error === undefined;
  return [depth, isGood, toHex(header.stateRoot)];
});
process.stdout.write(JSON.stringify({ hostile, signed }));
