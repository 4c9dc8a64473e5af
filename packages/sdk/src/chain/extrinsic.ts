/** Signed extrinsics v4, made from the chain's own metadata. */
import { blake2b256 } from "@pha/crypto";
import { compact, concatBytes, encode, PhaError, u32 } from "@pha/scale";
import type { RuntimeMetadata } from "../metadata/runtime-metadata.ts";
import type { Signer } from "./accounts.ts";

/** What signing needs to know of the chain. */
export interface SigningContext {
  readonly metadata: RuntimeMetadata;
  readonly genesisHash: Uint8Array;
  readonly specVersion: number;
  readonly transactionVersion: number;
}

/** What the signer chooses. */
export interface SigningOptions {
  readonly nonce: number;
  readonly tip?: bigint;
  /** Recent block and how many blocks the extrinsic stays valid; immortal when absent. */
  readonly mortality?: {
    readonly number: number;
    readonly hash: Uint8Array;
    readonly period: number;
  };
}

/** What an extrinsic's signature is of: the bytes, and the fields that they are made of. */
export interface ExtrinsicPayload {
  /** Call, extra and additional parts; their hash when they are longer than 256 bytes. */
  readonly bytes: Uint8Array;
  readonly call: Uint8Array;
  /** Mortality as it is encoded: one byte or two. */
  readonly era: Uint8Array;
  readonly context: SigningContext;
  readonly options: SigningOptions;
}

interface Extension {
  readonly extra: Uint8Array;
  readonly additional: Uint8Array;
}

const NOTHING = new Uint8Array(0);

function extensionOf(name: string, context: SigningContext, options: SigningOptions): Extension {
  const { mortality } = options;
  switch (name) {
    case "CheckNonZeroSender":
    case "CheckWeight":
    case "CheckMqSequence":
      return { extra: NOTHING, additional: NOTHING };
    case "CheckSpecVersion":
      return { extra: NOTHING, additional: encode(u32, context.specVersion) };
    case "CheckTxVersion":
      return { extra: NOTHING, additional: encode(u32, context.transactionVersion) };
    case "CheckGenesis":
      return { extra: NOTHING, additional: context.genesisHash };
    case "CheckMortality":
      return { extra: eraOf(options), additional: mortality?.hash ?? context.genesisHash };
    case "CheckNonce":
      return { extra: encode(compact(u32), options.nonce), additional: NOTHING };
    case "ChargeTransactionPayment":
      return { extra: compactBig(options.tip ?? 0n), additional: NOTHING };
    default:
      throw new PhaError("chain/unknown-extension", `the chain wants the extension ${name}`, {
        facts: { extension: name },
        hint: "Use an SDK release made for this chain's runtime.",
      });
  }
}

function eraOf({ mortality }: SigningOptions): Uint8Array {
  return mortality === undefined ? Uint8Array.of(0) : encodeEra(mortality.number, mortality.period);
}

/** Two bytes: position of the birth block in its period, and the period's power of two. */
function encodeEra(current: number, wanted: number): Uint8Array {
  let period = 4;
  while (period < wanted && period < 65536) period *= 2;
  const factor = Math.max(1, period >> 12);
  const phase = Math.floor((current % period) / factor);
  const power = Math.log2(period) - 1;
  const era = Math.max(1, Math.min(15, power)) | (phase << 4);
  return Uint8Array.of(era & 255, era >> 8);
}

function compactBig(value: bigint): Uint8Array {
  const bytes: number[] = [];
  if (value < 1n << 30n) return encode(compact(u32), Number(value));
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 255n));
  while (bytes.length < 4) bytes.push(0);
  return Uint8Array.of(((bytes.length - 4) << 2) | 3, ...bytes);
}

/** Bytes as `author_submitExtrinsic` takes them, length in front. */
export async function signExtrinsic(
  context: SigningContext,
  signer: Signer,
  call: Uint8Array,
  options: SigningOptions,
): Promise<Uint8Array> {
  const extensions = context.metadata.signedExtensions.map(({ identifier }) =>
    extensionOf(identifier, context, options),
  );
  const extra = concatBytes(...extensions.map((extension) => extension.extra));
  const additional = concatBytes(...extensions.map((extension) => extension.additional));
  const payload = concatBytes(call, extra, additional);
  const bytes = payload.length > 256 ? blake2b256(payload) : payload;
  const signature = await (signer.signExtrinsic === undefined
    ? signer.sign(bytes)
    : signer.signExtrinsic({ bytes, call, era: eraOf(options), context, options }));
  const kind = signer.scheme === "ed25519" ? 0 : 1;
  const body = concatBytes(
    Uint8Array.of(0x84, 0),
    signer.publicKey,
    Uint8Array.of(kind),
    signature,
    extra,
    call,
  );
  return concatBytes(encode(compact(u32), body.length), body);
}
