/**
 * An extrinsic as injected wallets take it: its fields, from which they make the bytes themselves. Numbers are hex, most
 * significant digit first, of the width of their type.
 *
 * @see polkadot-js-extension
 */
import { toHex } from "@pha/scale";
import type { ExtrinsicPayload } from "../chain/extrinsic.ts";

/** An extrinsic's fields as injected wallets take them. */
export interface SignerPayloadJson {
  readonly address: string;
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly era: string;
  readonly genesisHash: string;
  readonly method: string;
  readonly nonce: string;
  readonly specVersion: string;
  readonly tip: string;
  readonly transactionVersion: string;
  readonly signedExtensions: readonly string[];
  readonly version: 4;
  /** No hash of metadata is signed: the chain has no extension for it. */
  readonly mode: 0;
  readonly metadataHash: null;
  readonly assetId: null;
  /** The wallet may not change what it signs. */
  readonly withSignedTransaction: false;
}

/** @param address of the account, as the wallet itself writes it */
export function payloadJson(payload: ExtrinsicPayload, address: string): SignerPayloadJson {
  const { context, options, call, era } = payload;
  const { mortality } = options;
  return {
    address,
    blockHash: toHex(mortality?.hash ?? context.genesisHash),
    blockNumber: number(mortality?.number ?? 0, 4),
    era: toHex(era),
    genesisHash: toHex(context.genesisHash),
    method: toHex(call),
    nonce: number(options.nonce, 4),
    specVersion: number(context.specVersion, 4),
    tip: number(options.tip ?? 0n, 16),
    transactionVersion: number(context.transactionVersion, 4),
    signedExtensions: context.metadata.signedExtensions.map(({ identifier }) => identifier),
    version: 4,
    mode: 0,
    metadataHash: null,
    assetId: null,
    withSignedTransaction: false,
  };
}

function number(value: number | bigint, bytes: number): string {
  return `0x${value.toString(16).padStart(2 * bytes, "0")}`;
}
