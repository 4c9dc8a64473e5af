/**
 * The part of the strict ed25519 rule that a lenient library leaves out, on encodings alone.
 *
 * Used by the halves that do not stand on libsodium, which has these checks built in.
 */

/** `S < L`, `A` canonical, and neither `A` nor `R` of small order. Lengths are right already. */
export function isStrictEd25519(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    isBelowGroupOrder(signature, 32) &&
    isCanonicalPoint(publicKey) &&
    !hasSmallOrder(publicKey) &&
    !hasSmallOrder(signature.subarray(0, 32))
  );
}

/** L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
const GROUP_ORDER = [
  0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
] as const;

/** Whether the 32 little-endian bytes at `at`, without the top bit if `mask` is 0x7f, are below L. */
export function isBelowGroupOrder(bytes: Uint8Array, at: number, mask = 0xff): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = i === 31 ? (bytes[at + i] ?? 0) & mask : (bytes[at + i] ?? 0);
    const limit = GROUP_ORDER[i] ?? 0;
    if (byte !== limit) return byte < limit;
  }
  return false;
}

/** Whether `y` (the low 255 bits) is below p = 2^255 − 19. */
function isCanonicalPoint(bytes: Uint8Array): boolean {
  if (((bytes[31] ?? 0) & 0x7f) !== 0x7f) return true;
  for (let i = 30; i > 0; i--) if (bytes[i] !== 0xff) return true;
  return (bytes[0] ?? 0) < 0xed;
}

/**
 * `y` of every point of order 1, 2, 4 and 8, canonical and not, without the sign bit: 0, 1, the two of order 8,
 * p − 1, p, p + 1.
 */
const SMALL_ORDER_Y = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((hex) =>
  Uint8Array.from({ length: 32 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)),
);

function hasSmallOrder(point: Uint8Array): boolean {
  return SMALL_ORDER_Y.some((y) => {
    for (let i = 0; i < 31; i++) if (point[i] !== y[i]) return false;
    return ((point[31] ?? 0) & 0x7f) === y[31];
  });
}
