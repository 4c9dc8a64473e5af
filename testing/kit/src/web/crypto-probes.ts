/** Calls of everything in crypto that depends on the platform's half, on drawn and on hostile input. */
import {
  aes256Ctr,
  aes256GcmOpen,
  aes256GcmSeal,
  blake2b128,
  blake2b256,
  blake2b512,
  blake2bKeyed,
  createDealing,
  ecdsaFromSecret,
  ecdsaRecover,
  ecdsaSign,
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  ethereumAddress,
  hkdf,
  hmacSha256,
  hpkeOpen,
  hpkeSeal,
  ibeEncrypt,
  isTransportPublicKey,
  keccak256,
  miniSecretFromEntropy,
  oneTimeKeypair,
  openDealingShare,
  pairFromUri,
  sha256,
  sha384,
  sha512,
  sivOpen,
  sivSeal,
  sr25519Agree,
  sr25519DeriveHard,
  sr25519DerivePublicSoft,
  sr25519DeriveSoft,
  sr25519FromSeed,
  sr25519SignDeterministic,
  sr25519Verify,
  sr25519VerifyDeprecated,
  transportKeypair,
  twox64,
  twox128,
  twox256,
  verifyDealing,
  vetkdHashToG1,
  vrfBytesBabe,
  vrfSignBabe,
  vrfVerifyBabe,
  x25519,
  x25519PublicKey,
} from "@pha/crypto";
import { concatBytes, fromHex } from "@pha/scale";
import { vendorVerdicts } from "./vendor-signatures.ts";

/** Numbers and bytes of one seed. */
export interface Drawn {
  bytes(length: number): Uint8Array;
  /** Bytes of any length up to `longest`. */
  upTo(longest: number): Uint8Array;
  below(limit: number): number;
}

export function drawFrom(random: () => number): Drawn {
  const below = (limit: number): number => Math.floor(random() * limit);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => below(256));
  return { below, bytes, upTo: (longest) => bytes(below(longest + 1)) };
}

/** Encodings of points of small order, and of none. */
const HOSTILE_POINTS = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
].map((hex) => fromHex(hex));

const SECP256K1_ORDER = fromHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

export const PROBES: Readonly<Record<string, (drawn: Drawn) => unknown>> = {
  hashes: ({ upTo }) => {
    const data = upTo(400);
    return [
      blake2b128,
      blake2b256,
      blake2b512,
      sha256,
      sha384,
      sha512,
      keccak256,
      twox64,
      twox128,
      twox256,
    ]
      .map((hash) => hash(data))
      .concat(hmacSha256(upTo(200), data));
  },
  "keyed hashes": ({ bytes, below, upTo }) =>
    blake2bKeyed(bytes(1 + below(64)), upTo(300), 1 + below(64)),
  "derived keys": ({ bytes, below, upTo }) => [
    hkdf(upTo(80), upTo(80), upTo(80), below(200)),
    miniSecretFromEntropy(bytes(16), "password"),
  ],
  "AES-GCM": (drawn) => {
    const [key, nonce, aad] = [drawn.bytes(32), drawn.bytes(12), drawn.upTo(60)];
    const sealed = aes256GcmSeal(key, nonce, drawn.upTo(200), aad);
    return [
      sealed,
      aes256GcmOpen(key, nonce, sealed, aad),
      aes256GcmOpen(key, nonce, changed(sealed, drawn), aad),
      aes256GcmOpen(key, nonce, sealed.subarray(1), aad),
      aes256GcmOpen(key, nonce, sealed, concatBytes(aad, Uint8Array.of(0))),
    ];
  },
  "AES-CTR": ({ bytes, upTo }) => [
    aes256Ctr(bytes(32), bytes(16), upTo(200)),
    aes256Ctr(bytes(32), new Uint8Array(16).fill(255), upTo(80)),
  ],
  SIV: (drawn) => {
    const keys = { macKey: drawn.bytes(32), encKey: drawn.bytes(32) };
    const context = drawn.upTo(60);
    const sealed = sivSeal({ ...keys, context, plaintext: drawn.upTo(200) });
    const open = (bytes: Uint8Array): unknown => sivOpen({ ...keys, context, sealed: bytes });
    return [sealed, open(sealed), open(changed(sealed, drawn)), open(sealed.subarray(1))];
  },
  HPKE: (drawn) => {
    const [secret, info, aad] = [drawn.bytes(32), drawn.upTo(40), drawn.upTo(40)];
    const { enc, ciphertext } = hpkeSeal({
      recipient: x25519PublicKey(secret),
      ephemeralSecret: drawn.bytes(32),
      info,
      aad,
      plaintext: drawn.upTo(200),
    });
    const open = (own: Uint8Array, bytes: Uint8Array): unknown =>
      hpkeOpen({ secret, enc: own, info, aad, ciphertext: bytes });
    return [
      enc,
      ciphertext,
      open(enc, ciphertext),
      open(changed(enc, drawn), ciphertext),
      open(enc, changed(ciphertext, drawn)),
      HOSTILE_POINTS.map((point) => open(point, ciphertext)),
    ];
  },
  X25519: ({ bytes }) => {
    const secret = bytes(32);
    return [
      x25519PublicKey(secret),
      x25519(secret, bytes(32)),
      ...HOSTILE_POINTS.map((point) => x25519(secret, point)),
    ];
  },
  ed25519: (drawn) => {
    const [seed, text] = [drawn.bytes(32), drawn.upTo(200)];
    const [key, signature] = [ed25519PublicKey(seed), ed25519Sign(seed, text)];
    return [
      key,
      signature,
      ed25519Verify(key, text, signature),
      ed25519Verify(key, text, changed(signature, drawn)),
      ed25519Verify(changed(key, drawn), text, signature),
      ed25519Verify(key, concatBytes(text, Uint8Array.of(1)), signature),
      ed25519Verify(drawn.bytes(32), text, drawn.bytes(64)),
      HOSTILE_POINTS.map((point) =>
        HOSTILE_POINTS.map((r) => ed25519Verify(point, text, concatBytes(r, new Uint8Array(32)))),
      ),
    ];
  },
  "signatures of vendors": (drawn) => vendorVerdicts((bytes) => changed(bytes, drawn)),
  secp256k1: (drawn) => {
    const hash = drawn.bytes(32);
    const pair = ecdsaFromSecret(drawn.bytes(32));
    if (pair === undefined) return "no key";
    const signature = ecdsaSign(pair, hash);
    const withId = (id: number): Uint8Array => concatBytes(drawn.bytes(64), Uint8Array.of(id));
    return [
      pair.publicKey,
      signature,
      ethereumAddress(pair.publicKey),
      ethereumAddress(drawn.bytes(33)),
      ecdsaRecover(hash, signature),
      ecdsaRecover(hash, changed(signature, drawn)),
      [0, 1, 2, 3, 4, 27, 30, 31].map((id) => ecdsaRecover(hash, withId(id))),
      ecdsaFromSecret(SECP256K1_ORDER),
      ecdsaFromSecret(new Uint8Array(32)),
    ];
  },
  "sr25519 pairs": (drawn) => {
    const pair = sr25519FromSeed(drawn.bytes(32));
    const chainCode = drawn.bytes(32);
    const soft = sr25519DeriveSoft(pair, chainCode);
    return [
      pair,
      sr25519DeriveHard(pair, chainCode),
      // The other half of a soft child's secret is a nonce seed, which may be anything.
      [soft.publicKey, soft.secretKey.slice(0, 32)],
      sr25519DerivePublicSoft(pair.publicKey, chainCode),
      sr25519DerivePublicSoft(drawn.bytes(32), chainCode),
      sr25519Agree(pair, sr25519FromSeed(drawn.bytes(32)).publicKey),
      HOSTILE_POINTS.map((point) => sr25519DerivePublicSoft(point, chainCode)),
    ];
  },
  "sr25519 verdicts": (drawn) => {
    const pair = sr25519FromSeed(drawn.bytes(32));
    const text = drawn.upTo(200);
    const signature = sr25519SignDeterministic(pair, text, drawn.bytes(32));
    const random = drawn.bytes(64);
    return [
      signature,
      ...[sr25519Verify, sr25519VerifyDeprecated].map((verify) => [
        verify(pair.publicKey, text, signature),
        verify(pair.publicKey, text, changed(signature, drawn)),
        verify(changed(pair.publicKey, drawn), text, signature),
        verify(pair.publicKey, concatBytes(text, Uint8Array.of(1)), signature),
        verify(pair.publicKey, text, random),
        HOSTILE_POINTS.map((point) => verify(point, text, signature)),
      ]),
    ];
  },
  VRF: (drawn) => {
    const pair = sr25519FromSeed(drawn.bytes(32));
    const input = { randomness: drawn.bytes(32), slot: BigInt(drawn.below(1e9)), epoch: 7n };
    const output = vrfSignBabe(pair, input);
    const verify = (other: Partial<typeof output>): boolean =>
      vrfVerifyBabe(pair.publicKey, input, { ...output, ...other });
    return [
      output,
      vrfBytesBabe(pair.publicKey, input, output.preOutput),
      verify({}),
      verify({ proof: changed(output.proof, drawn) }),
      verify({ preOutput: changed(output.preOutput, drawn) }),
      vrfVerifyBabe(pair.publicKey, { ...input, slot: input.slot + 1n }, output),
    ];
  },
  "threshold keys": (drawn) => {
    const [context, identity] = [drawn.bytes(32), drawn.upTo(80)];
    const oneTime = oneTimeKeypair(drawn.bytes(32));
    const made = createDealing({
      context,
      seat: 0,
      n: 1,
      t: 1,
      polynomialSeed: drawn.bytes(32),
      entropy: drawn.bytes(32),
      recipients: [{ seat: 0, oneTimePublicKey: oneTime.publicKey }],
    });
    if (!made.ok) return made.error;
    const dealing = made.value;
    const rootPublicKey = concatBytes(...dealing.commitments);
    const verify = (other: Partial<typeof dealing>): unknown =>
      verifyDealing({ context, n: 1, t: 1, dealing: { ...dealing, ...other } });
    const encrypt = (root: Uint8Array): unknown =>
      ibeEncrypt({
        rootPublicKey: root,
        identity,
        seed32: new Uint8Array(32).fill(1),
        message: identity,
      });
    return [
      dealing,
      verify({}),
      verify({ commitments: [changed(rootPublicKey, drawn)] }),
      verify({ ephemeral: changed(dealing.ephemeral, drawn) }),
      verify({ challenge: changed(dealing.challenge, drawn) }),
      verify({ constantResponse: drawn.bytes(32) }),
      openDealingShare({ context, dealing, seat: 0, oneTimeSecret: oneTime.secret }),
      vetkdHashToG1(rootPublicKey, identity),
      encrypt(rootPublicKey),
      encrypt(changed(rootPublicKey, drawn)),
      transportKeypair(drawn.bytes(32)).publicKey,
      Array.from({ length: 8 }, () => isTransportPublicKey(changed(oneTime.publicKey, drawn))),
    ];
  },
  "secret URIs": ({ below }) =>
    (["sr25519", "ed25519", "ecdsa"] as const).map((scheme) => {
      const pair = pairFromUri(`//Alice//${below(1e9)}`, scheme);
      return pair.ok ? pair.value.publicKey : pair.error;
    }),
};

/** A copy with one bit flipped, anywhere. */
function changed(bytes: Uint8Array, { below }: Drawn): Uint8Array {
  const out = bytes.slice();
  const at = below(out.length);
  out[at] = (out[at] ?? 0) ^ (1 << below(8));
  return out;
}
