/** Blocks, headers and versions in the JSON that Polkadot clients read. */
import { DigestItem, GRANDPA_ENGINE, type Header } from "@pha/consensus";
import { encode } from "@pha/scale";
import type { RuntimeVersion } from "../chain/node-runtime.ts";
import { toHex } from "../hex.ts";

/** Hex of a natural number, without leading zeros. */
export function numberHex(number: number | bigint): string {
  return `0x${number.toString(16)}`;
}

export function headerJson(header: Header): object {
  return {
    parentHash: toHex(header.parentHash),
    number: numberHex(header.number),
    stateRoot: toHex(header.stateRoot),
    extrinsicsRoot: toHex(header.extrinsicsRoot),
    digest: { logs: header.digest.map((item) => toHex(encode(DigestItem, item))) },
  };
}

export function blockJson(
  header: Header,
  body: readonly Uint8Array[],
  justification: Uint8Array | undefined,
): object {
  return {
    block: { header: headerJson(header), extrinsics: body.map(toHex) },
    justifications:
      justification === undefined
        ? null
        : [[[...GRANDPA_ENGINE].map((char) => char.charCodeAt(0)), [...justification]]],
  };
}

/** Legacy form: APIs as a list of pairs. */
export function versionJson(version: RuntimeVersion): object {
  return {
    specName: version.specName,
    implName: version.implName,
    authoringVersion: version.authoringVersion,
    specVersion: version.specVersion,
    implVersion: version.implVersion,
    apis: version.apis.map(([id, number]) => [toHex(id), number]),
    transactionVersion: version.transactionVersion,
    stateVersion: version.stateVersion,
    systemVersion: version.stateVersion,
  };
}

/** Form of `chainHead_v1`: APIs as an object. */
export function modernVersionJson(version: RuntimeVersion): object {
  return {
    specName: version.specName,
    implName: version.implName,
    specVersion: version.specVersion,
    implVersion: version.implVersion,
    transactionVersion: version.transactionVersion,
    apis: Object.fromEntries(version.apis.map(([id, number]) => [toHex(id), number])),
  };
}
