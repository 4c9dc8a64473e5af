import {
  DerivedPublicKey,
  EncryptedVetKey,
  IbeCiphertext,
  IbeIdentity,
  IbeSeed,
  TransportSecretKey,
  VetKey,
} from "@dfinity/vetkeys";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { decode, encode, fromHex, toHex, utf8 } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { collectKeyShares, combineKeyShares } from "./combine-key-shares.ts";
import {
  type EncryptedKeyShare,
  EncryptedKeyShareCodec,
  encryptKeyShare,
  verifyEncryptedKeyShare,
} from "./encrypted-key-share.ts";
import { ibeDecrypt, ibeEncrypt } from "./ibe.ts";
import { openEncryptedKey, verifyVetKey } from "./open-encrypted-key.ts";
import { ORDER, scalarToBytes } from "./scalar.ts";
import { evaluateAtSeat } from "./seats.ts";
import { isTransportPublicKey, transportKeypair } from "./transport-key.ts";
import { vetkdHashToG1 } from "./vetkd-hash.ts";

const identity = utf8("generation 3, cluster 7, epoch 1");
// Points of the other library, whichever one is under test.
const { BASE: G1_BASE } = bls12_381.G1.Point;
const { BASE: G2_BASE } = bls12_381.G2.Point;
const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const transport = transportKeypair(fill(9));

/** Shares of a fixed polynomial of degree t − 1, as a finished run would have left them. */
function aCommittee(n: number, t: number) {
  const coefficients = Array.from(
    { length: t },
    (_, k) => (0x1234567890abcdef1234567890abcdefn ** 2n * BigInt(k + 3)) % ORDER,
  );
  const seats = Array.from({ length: n }, (_, seat) => evaluateAtSeat(coefficients, seat));
  return {
    t,
    root: coefficients[0]!,
    rootPublicKey: G2_BASE.multiply(coefficients[0]!).toBytes(),
    shares: seats.map(scalarToBytes),
    sharePublicKeys: seats.map((share) => G2_BASE.multiply(share).toBytes()),
  };
}

function encryptFrom(
  committee: ReturnType<typeof aCommittee>,
  index: number,
  change: { readonly identity?: Uint8Array; readonly transportPublicKey?: Uint8Array } = {},
): { readonly index: number; readonly share: EncryptedKeyShare } {
  const share = encryptKeyShare({
    share: committee.shares[index]!,
    rootPublicKey: committee.rootPublicKey,
    identity,
    transportPublicKey: transport.publicKey,
    entropy32: fill(index + 1),
    ...change,
  });
  if (!share.ok) throw new Error(share.error.code);
  return { index, share: share.value };
}

describe.each([
  [1, 1],
  [3, 2],
  [5, 3],
  [7, 4],
])("a committee of %i with threshold %i", (n, t) => {
  const committee = aCommittee(n, t);
  const { rootPublicKey, sharePublicKeys } = committee;
  const seats = Array.from({ length: t }, (_, i) => n - 1 - i);
  const shares = seats.map((seat) => encryptFrom(committee, seat));
  const base = {
    t,
    sharePublicKeys,
    rootPublicKey,
    identity,
    transportPublicKey: transport.publicKey,
  };

  test("any t checked shares open to the root's signature, as the oracle opens them", () => {
    const combined = collectKeyShares({ ...base, shares });
    if (!combined.ok) throw new Error(combined.error.code);
    const opened = openEncryptedKey({
      encrypted: combined.value,
      transportSecret: transport.secret,
      rootPublicKey,
      identity,
    });
    expect(opened).toEqual({
      ok: true,
      value: bls12_381.G1.Point.fromBytes(vetkdHashToG1(rootPublicKey, identity))
        .multiply(committee.root)
        .toBytes(),
    });
    const oracle = EncryptedVetKey.deserialize(
      encode(EncryptedKeyShareCodec, combined.value),
    ).decryptAndVerify(
      TransportSecretKey.deserialize(transport.secret),
      DerivedPublicKey.deserialize(rootPublicKey),
      identity,
    );
    expect(opened.ok && toHex(opened.value)).toBe(toHex(oracle.signatureBytes()));
  });

  test("t − 1 shares are refused, and do not open when combined as if they were enough", () => {
    const few = shares.slice(0, t - 1);
    expect(combineKeyShares(few, t)).toEqual({
      ok: false,
      error: { code: "vetkd/too-few-shares", have: t - 1, need: t },
    });
    if (t === 1) return;
    const combined = combineKeyShares(few, t - 1);
    if (!combined.ok) throw new Error(combined.error.code);
    const opened = openEncryptedKey({
      encrypted: combined.value,
      transportSecret: transport.secret,
      rootPublicKey,
      identity,
    });
    expect(opened).toEqual({ ok: false, error: { code: "vetkd/wrong-key" } });
  });
});

describe("a foreign share", () => {
  const committee = aCommittee(3, 2);
  const { rootPublicKey, sharePublicKeys } = committee;
  const good = encryptFrom(committee, 0);
  const base = { rootPublicKey, identity, transportPublicKey: transport.publicKey };
  const verify = (share: EncryptedKeyShare, change = {}) =>
    verifyEncryptedKeyShare({ ...base, share, sharePublicKey: sharePublicKeys[0]!, ...change });

  test("verifies only for its seat, identity, transport key and root", () => {
    expect(verify(good.share)).toBe(true);
    expect(verify(good.share, { sharePublicKey: sharePublicKeys[1] })).toBe(false);
    expect(verify(good.share, { identity: utf8("generation 3, cluster 7, epoch 2") })).toBe(false);
    expect(verify(good.share, { transportPublicKey: transportKeypair(fill(8)).publicKey })).toBe(
      false,
    );
    expect(verify(good.share, { rootPublicKey: sharePublicKeys[1] })).toBe(false);
  });

  test("is refused by the name of its seat", () => {
    const other = utf8("generation 3, cluster 7, epoch 2");
    const shares = [good, encryptFrom(committee, 2, { identity: other })];
    expect(collectKeyShares({ ...base, t: 2, sharePublicKeys, shares })).toEqual({
      ok: false,
      error: { code: "vetkd/bad-share", index: 2 },
    });
    expect(combineKeyShares([good, good], 2)).toEqual({
      ok: false,
      error: { code: "vetkd/repeated-seat", index: 0 },
    });
    expect(combineKeyShares([good, { ...good, index: 31 }], 2)).toEqual({
      ok: false,
      error: { code: "vetkd/bad-seat", index: 31 },
    });
  });

  test("is refused when nonces of the two groups differ, which neither equation alone would show", () => {
    const twisted = { ...good.share, c2: encryptFrom(committee, 1).share.c2 };
    expect(verify(twisted)).toBe(false);
    const shifted = {
      ...good.share,
      c1: bls12_381.G1.Point.fromBytes(good.share.c1).add(G1_BASE).toBytes(),
    };
    expect(verify(shifted)).toBe(false);
  });

  test("is refused with a point that is not canonical, not in the subgroup, or the identity", () => {
    for (const bad of badG1Points()) {
      expect(isTransportPublicKey(bad)).toBe(false);
      expect(verify({ ...good.share, c1: bad })).toBe(false);
      expect(verify({ ...good.share, c3: bad })).toBe(false);
      expect(verify(good.share, { transportPublicKey: bad })).toBe(false);
      expect(combineKeyShares([{ index: 1, share: { ...good.share, c3: bad } }], 1)).toEqual({
        ok: false,
        error: { code: "vetkd/bad-share", index: 1 },
      });
      const refused = encryptKeyShare({
        ...base,
        share: committee.shares[0]!,
        transportPublicKey: bad,
        entropy32: fill(1),
      });
      expect(refused).toEqual({ ok: false, error: { code: "vetkd/bad-transport-key" } });
    }
    for (const bad of badG2Points()) {
      expect(verify({ ...good.share, c2: bad })).toBe(false);
      expect(verify(good.share, { sharePublicKey: bad })).toBe(false);
    }
  });

  test("has one encoding, the oracle's", () => {
    const bytes = encode(EncryptedKeyShareCodec, good.share);
    expect(bytes.length).toBe(192);
    expect(decode(EncryptedKeyShareCodec, bytes)).toEqual({ ok: true, value: good.share });
    expect(decode(EncryptedKeyShareCodec, bytes.subarray(1)).ok).toBe(false);
  });
});

test("opening refuses another transport key, identity, root and a changed ciphertext", () => {
  const committee = aCommittee(1, 1);
  const { share } = encryptFrom(committee, 0);
  const base = {
    encrypted: share,
    transportSecret: transport.secret,
    rootPublicKey: committee.rootPublicKey,
    identity,
  };
  const wrong = { ok: false, error: { code: "vetkd/wrong-key" } };
  expect(openEncryptedKey(base).ok).toBe(true);
  expect(openEncryptedKey({ ...base, transportSecret: transportKeypair(fill(8)).secret })).toEqual(
    wrong,
  );
  expect(openEncryptedKey({ ...base, identity: utf8("another") })).toEqual(wrong);
  const otherRoot = aCommittee(2, 2).sharePublicKeys[1]!;
  expect(openEncryptedKey({ ...base, rootPublicKey: otherRoot })).toEqual(wrong);
  const swapped = { ...share, c1: share.c3, c3: share.c1 };
  expect(openEncryptedKey({ ...base, encrypted: swapped })).toEqual(wrong);
  const otherC2 = { ...share, c2: otherRoot };
  expect(openEncryptedKey({ ...base, encrypted: otherC2 })).toEqual(wrong);
  const [bad] = badG2Points();
  expect(openEncryptedKey({ ...base, encrypted: { ...share, c2: bad! } })).toEqual({
    ok: false,
    error: { code: "vetkd/bad-point" },
  });
});

describe("identity-based encryption", () => {
  const committee = aCommittee(1, 1);
  const { rootPublicKey } = committee;
  const vetKey = bls12_381.G1.Point.fromBytes(vetkdHashToG1(rootPublicKey, identity))
    .multiply(committee.root)
    .toBytes();
  const message = utf8("the state key of cluster 7");
  const seed32 = fill(5);
  const encrypted = ibeEncrypt({ rootPublicKey, identity, seed32, message });
  const ciphertext = encrypted.ok ? encrypted.value : new Uint8Array();

  test("makes the oracle's bytes, and each opens the other's", () => {
    const oracle = IbeCiphertext.encrypt(
      DerivedPublicKey.deserialize(rootPublicKey),
      IbeIdentity.fromBytes(identity),
      message,
      IbeSeed.fromBytes(seed32),
    ).serialize();
    expect(toHex(ciphertext)).toBe(toHex(oracle));
    expect(ibeDecrypt({ vetKey, ciphertext })).toEqual(message);
    expect(toHex(IbeCiphertext.deserialize(ciphertext).decrypt(VetKey.deserialize(vetKey)))).toBe(
      toHex(message),
    );
    expect(verifyVetKey({ vetKey, rootPublicKey, identity })).toBe(true);
  });

  test("gives nothing for another key, or when any part was changed", () => {
    const other = G1_BASE.toBytes();
    expect(verifyVetKey({ vetKey: other, rootPublicKey, identity })).toBe(false);
    expect(ibeDecrypt({ vetKey: other, ciphertext })).toBeUndefined();
    for (const at of [0, 9, 110, ciphertext.length - 1]) {
      const changed = ciphertext.slice();
      changed[at]! ^= 1;
      expect(ibeDecrypt({ vetKey, ciphertext: changed })).toBeUndefined();
    }
    expect(ibeDecrypt({ vetKey, ciphertext: ciphertext.subarray(0, 135) })).toBeUndefined();
  });
});

/** Order of the base field. */
const P = bls12_381.fields.Fp.ORDER;

function badG1Points(): Uint8Array[] {
  const good = G1_BASE.toBytes();
  const uncompressed = G1_BASE.toBytes(false);
  const identityEncoding = new Uint8Array(48);
  identityEncoding[0] = 0xc0;
  return [
    good.subarray(0, 47),
    uncompressed,
    uncompressed.subarray(0, 48),
    identityEncoding,
    unreduced(pointWithRoom().toBytes()),
    onCurveOutsideSubgroup(),
  ];
}

function badG2Points(): Uint8Array[] {
  const identityEncoding = new Uint8Array(96);
  identityEncoding[0] = 0xc0;
  return [
    outsideSubgroupG2(),
    G2_BASE.toBytes().subarray(0, 95),
    G2_BASE.toBytes(false),
    identityEncoding,
    unreduced(pointWithRoomG2().toBytes()),
  ];
}

/** The same point with p added to its (first) coordinate: one point, a second encoding. */
function unreduced(encoded: Uint8Array): Uint8Array {
  const flags = encoded[0]! & 0xe0;
  const bytes = encoded.slice();
  bytes[0]! &= 0x1f;
  const x = BigInt(toHex(bytes.subarray(0, 48))) + P;
  bytes.set(fromHex(x.toString(16).padStart(96, "0")));
  bytes[0]! |= flags;
  return bytes;
}

/** A subgroup point whose coordinate leaves room for p below 2^381. */
function pointWithRoom() {
  let point = G1_BASE;
  while (point.toAffine().x + P >= 2n ** 381n) point = point.add(G1_BASE);
  return point;
}

function pointWithRoomG2() {
  let point = G2_BASE;
  while (point.toAffine().x.c1 + P >= 2n ** 381n) point = point.add(G2_BASE);
  return point;
}

/** First small x whose point is on the curve; the cofactor makes the subgroup a matter of luck, so it is checked. */
function onCurveOutsideSubgroup(): Uint8Array {
  const { Fp } = bls12_381.fields;
  for (let x = 1n; ; x++) {
    try {
      const y = Fp.sqrt(Fp.add(Fp.pow(x, 3n), 4n));
      const point = bls12_381.G1.Point.fromAffine({ x, y });
      if (point.isTorsionFree()) continue;
      const bytes = new Uint8Array(48);
      bytes[0] = y > P / 2n ? 0xa0 : 0x80;
      bytes[47] = Number(x);
      return bytes;
    } catch {
      // No square root: the next x.
    }
  }
}

function outsideSubgroupG2(): Uint8Array {
  const { Fp2 } = bls12_381.fields;
  const b = Fp2.create({ c0: 4n, c1: 4n });
  for (let x = 1n; ; x++) {
    try {
      const c = Fp2.create({ c0: x, c1: 0n });
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.mul(c, c), c), b));
      const point = bls12_381.G2.Point.fromAffine({ x: c, y });
      if (point.isTorsionFree()) continue;
      const bytes = new Uint8Array(96);
      const top = y.c1 === 0n ? y.c0 : y.c1;
      bytes[0] = top > P / 2n ? 0xa0 : 0x80;
      bytes[95] = Number(x);
      return bytes;
    } catch {
      // No square root: the next x.
    }
  }
}
