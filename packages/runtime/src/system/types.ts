/** Values of the System pallet, in Substrate's encoding. */
import { h256, Weight } from "@pha/frame";
import {
  bool,
  type Codec,
  compact,
  option,
  type Reader,
  str,
  struct,
  u32,
  u64,
  u128,
  type Writer,
} from "@pha/scale";

/** Balances of an account, in plancks. */
export interface AccountData {
  readonly free: bigint;
  /** Held: not transferable, still owned. */
  readonly reserved: bigint;
  /** Part of the whole balance that may not leave. */
  readonly frozen: bigint;
  readonly flags: bigint;
}

export interface AccountInfo {
  /** Transactions sent; a new account starts at the number of the block that made it. */
  readonly nonce: number;
  /** What depends on the account's existence. */
  readonly consumers: number;
  /** What lets the account exist. */
  readonly providers: number;
  readonly sufficients: number;
  readonly data: AccountData;
}

export const accountData = struct(
  { free: u128, reserved: u128, frozen: u128, flags: u128 },
  {
    path: ["pallet_balances", "types", "AccountData"],
    typeNames: { free: "Balance", reserved: "Balance", frozen: "Balance", flags: "ExtraFlags" },
  },
);
const accountInfo = struct(
  { nonce: u32, consumers: u32, providers: u32, sufficients: u32, data: accountData },
  {
    path: ["frame_system", "AccountInfo"],
    params: [
      { name: "Nonce", shape: u32.shape },
      { name: "AccountData", shape: accountData.shape },
    ],
    typeNames: {
      nonce: "Nonce",
      consumers: "RefCount",
      providers: "RefCount",
      sufficients: "RefCount",
      data: "AccountData",
    },
  },
);

function writeU128(writer: Writer, value: bigint): void {
  writer.u64(BigInt.asUintN(64, value));
  writer.u64(value >> 64n);
}

function readU128(reader: Reader): bigint {
  const low = reader.u64();
  const high = reader.u64();
  return high === 0n ? low : low | (high << 64n);
}

/** Straight-line: five reads and writes of it in every transfer. */
export const AccountInfo: Codec<AccountInfo> = {
  ...accountInfo,
  write(writer, { nonce, consumers, providers, sufficients, data }) {
    writer.u32(nonce);
    writer.u32(consumers);
    writer.u32(providers);
    writer.u32(sufficients);
    writeU128(writer, data.free);
    writeU128(writer, data.reserved);
    writeU128(writer, data.frozen);
    writeU128(writer, data.flags);
  },
  read: (reader) => ({
    nonce: reader.u32(),
    consumers: reader.u32(),
    providers: reader.u32(),
    sufficients: reader.u32(),
    data: {
      free: readU128(reader),
      reserved: readU128(reader),
      frozen: readU128(reader),
      flags: readU128(reader),
    },
  }),
};

/** Top bit: the account follows the present rules of reference counting. */
export const NEW_LOGIC = 1n << 127n;
export const NO_DATA: AccountData = { free: 0n, reserved: 0n, frozen: 0n, flags: NEW_LOGIC };
export const NO_ACCOUNT: AccountInfo = {
  nonce: 0,
  consumers: 0,
  providers: 0,
  sufficients: 0,
  data: NO_DATA,
};

export const LastRuntimeUpgradeInfo = struct(
  { specVersion: compact(u32), specName: str },
  { path: ["frame_system", "LastRuntimeUpgradeInfo"] },
);

/** One value per dispatch class. */
export function perDispatchClass<T>(inner: Codec<T>) {
  return struct(
    { normal: inner, operational: inner, mandatory: inner },
    {
      path: ["frame_support", "dispatch", "PerDispatchClass"],
      params: [{ name: "T", shape: inner.shape }],
    },
  );
}

export const WeightsPerClass = struct(
  {
    baseExtrinsic: Weight,
    maxExtrinsic: option(Weight),
    maxTotal: option(Weight),
    reserved: option(Weight),
  },
  { path: ["frame_system", "limits", "WeightsPerClass"] },
);

export const BlockWeights = struct(
  { baseBlock: Weight, maxBlock: Weight, perClass: perDispatchClass(WeightsPerClass) },
  { path: ["frame_system", "limits", "BlockWeights"] },
);
export type BlockWeights = typeof BlockWeights extends Codec<infer T> ? T : never;

export const BlockLength = struct(
  { max: perDispatchClass(u32) },
  { path: ["frame_system", "limits", "BlockLength"] },
);
export type BlockLength = typeof BlockLength extends Codec<infer T> ? T : never;

export const RuntimeDbWeight = struct(
  { read: u64, write: u64 },
  { path: ["sp_weights", "RuntimeDbWeight"] },
);

/** Code that is authorized: blake2b-256 of its artefact, and whether its name and version are to be checked. */
export const CodeUpgradeAuthorization = struct(
  { codeHash: h256, checkVersion: bool },
  { path: ["frame_system", "CodeUpgradeAuthorization"] },
);
