/** Bytes of an extrinsic's signature from the fields that a page gives, by the reader that a wallet has of its own. */
import { blake2b256 } from "@pha/crypto";
import { assert, concatBytes, fromHex } from "@pha/scale";

/** Of `SignerPayloadJSON`, what is signed. */
export interface PayloadFields {
  readonly blockHash: string;
  readonly era: string;
  readonly genesisHash: string;
  readonly method: string;
  readonly nonce: string;
  readonly specVersion: string;
  readonly tip: string;
  readonly transactionVersion: string;
  readonly signedExtensions: readonly string[];
}

const NOTHING = new Uint8Array(0);

export function signedBytes(fields: PayloadFields): Uint8Array {
  const parts = fields.signedExtensions.map((name): readonly [Uint8Array, Uint8Array] => {
    switch (name) {
      case "CheckSpecVersion":
        return [NOTHING, littleEndian(fields.specVersion, 4)];
      case "CheckTxVersion":
        return [NOTHING, littleEndian(fields.transactionVersion, 4)];
      case "CheckGenesis":
        return [NOTHING, fromHex(fields.genesisHash)];
      case "CheckMortality":
        return [fromHex(fields.era), fromHex(fields.blockHash)];
      case "CheckNonce":
        return [compact(fields.nonce), NOTHING];
      case "ChargeTransactionPayment":
        return [compact(fields.tip), NOTHING];
      default:
        // As polkadot.js does with extensions that it does not know.
        return [NOTHING, NOTHING];
    }
  });
  const bytes = concatBytes(
    fromHex(fields.method),
    ...parts.map(([extra]) => extra),
    ...parts.map(([, additional]) => additional),
  );
  return bytes.length > 256 ? blake2b256(bytes) : bytes;
}

function littleEndian(hex: string, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, at) =>
    Number((BigInt(hex) >> BigInt(8 * at)) & 255n),
  );
}

/** SCALE's compact form, below 2³⁰. */
function compact(hex: string): Uint8Array {
  const value = Number(BigInt(hex));
  assert(value < 1 << 30, "nonces and tips of tests are small");
  if (value < 1 << 6) return Uint8Array.of(value << 2);
  const [mode, bytes] = value < 1 << 14 ? [1, 2] : [2, 4];
  return littleEndian(`0x${(value * 4 + mode).toString(16)}`, bytes);
}
