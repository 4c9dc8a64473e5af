/** Signs extrinsics of the development chain: for tests and load generators. */
import { pairFromUri, type Sr25519Pair, sr25519Sign } from "@pha/crypto";
import {
  addressOf,
  type Call,
  type Era,
  encodeExtra,
  encodeExtrinsic,
  IMMORTAL,
  signedPayload,
} from "@pha/frame";
import type { DevelopmentPreset } from "@pha/runtime";
import { assert, concatBytes, encode } from "@pha/scale";

export interface TestSigner {
  readonly account: Uint8Array;
  /** Immortal, without a tip unless one is given. */
  sign(call: Call, nonce: number, tip?: bigint, life?: Life): Uint8Array;
  /** `Balances.transfer_keep_alive`. */
  transfer(to: Uint8Array, value: bigint, nonce: number, tip?: bigint, life?: Life): Uint8Array;
}

/** The blocks in which a transaction is valid. */
export interface Life {
  readonly era: Era;
  /** Hash of the first of them. */
  readonly birthHash: Uint8Array;
}

export function testPair(uri: string): Sr25519Pair {
  const pair = pairFromUri(uri, "sr25519");
  assert(pair.ok, "a test account has a readable URI");
  return pair.value;
}

export function createSigner(
  runtime: DevelopmentPreset["runtime"],
  genesisHash: Uint8Array,
  uri: string,
): TestSigner {
  const { extensions, call: callCodec } = runtime.format;
  const pair = testPair(uri);
  const additionalOf = (birthHash: Uint8Array): Uint8Array => {
    const additional = new Map<string, unknown>([
      ["CheckSpecVersion", runtime.version.specVersion],
      ["CheckTxVersion", runtime.version.transactionVersion],
      ["CheckGenesis", genesisHash],
      ["CheckMortality", birthHash],
    ]);
    return concatBytes(
      ...extensions.map((one) => encode(one.additional, additional.get(one.name))),
    );
  };
  const immortal: Life = { era: IMMORTAL, birthHash: genesisHash };
  const immortalBytes = additionalOf(genesisHash);
  const sign: TestSigner["sign"] = (call, nonce, tip = 0n, life = immortal) => {
    const additionalBytes = life === immortal ? immortalBytes : additionalOf(life.birthHash);
    const values = new Map<string, unknown>([
      ["CheckMortality", life.era],
      ["CheckNonce", nonce],
      ["ChargeTransactionPayment", tip],
    ]);
    const extraBytes = encodeExtra(
      extensions,
      extensions.map(({ name }) => values.get(name)),
    );
    const callBytes = encode(callCodec, call);
    const payload = signedPayload(callBytes, extraBytes, additionalBytes);
    return encodeExtrinsic(callBytes, {
      address: addressOf(pair.publicKey),
      signature: { type: "Sr25519", value: sr25519Sign(pair, payload) },
      extraBytes,
    });
  };
  return {
    account: pair.publicKey,
    sign,
    transfer: (to, value, nonce, tip, life) =>
      sign(
        { pallet: "Balances", name: "transfer_keep_alive", args: { dest: addressOf(to), value } },
        nonce,
        tip,
        life,
      ),
  };
}
