#!/usr/bin/env python3
"""As verify_receipt.py, which it needs beside it, and shows what a receipt opens: what was asked, what was answered.

    python3 open_receipt.py GENESIS_HASH RECEIPT_FILE

HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. Arguments and the answer are printed as
the bytes that the contract's ABI encodes.
"""
import hmac
from verify_receipt import PHALA_PHAT_CONTRACTS_SEALING_KEYS, P, Reader, blake, check, main, proven, verify

def x25519(secret, u):  # RFC 7748
    check(secret[0] & 7 == 0 and secret[31] & 0xc0 == 0x40, "a secret with another encoding")
    k, x1 = int.from_bytes(secret, "little"), int.from_bytes(u, "little") % 2**255
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in range(254, -1, -1):
        if k >> bit & 1: x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a, c * b
        x2, z2, x3, z3 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P, (da + cb)**2 % P, x1 * (da - cb)**2 % P
        if k >> bit & 1: x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")
def public(secret): return x25519(secret, (9).to_bytes(32, "little"))

def double(a): return (a << 1 ^ (a >> 7) * 0x11b) & 0xff
SBOX, p, q = [0x63] * 256, 1, 1
while p != 1 or SBOX[1] == 0x63:  # FIPS 197: p runs through all powers of 3, q is its inverse
    p ^= double(p)
    for shift in (1, 2, 4): q = (q ^ q << shift) & 0xff
    q ^= (q >> 7) * 0x09
    SBOX[p] = (q ^ (q << 1 | q >> 7) ^ (q << 2 | q >> 6) ^ (q << 3 | q >> 5) ^ (q << 4 | q >> 4)) & 0xff ^ 0x63
def aes256(key):
    words, constant = [list(key[i:i + 4]) for i in range(0, 32, 4)], 1
    for i in range(8, 60):
        word = words[-1]
        if i % 4 == 0: word = [SBOX[b] for b in (word[1:] + word[:1] if i % 8 == 0 else word)]
        if i % 8 == 0: word[0] ^= constant; constant = double(constant)
        words.append([a ^ b for a, b in zip(words[i - 8], word)])
    keys = [sum(words[i:i + 4], []) for i in range(0, 60, 4)]
    def block(data):
        s = [a ^ b for a, b in zip(data, keys[0])]
        for turn in range(1, 15):
            s = [SBOX[s[i * 5 % 16]] for i in range(16)]
            columns = [s[i:i + 4] for i in range(0, 16, 4)] if turn < 14 else []
            s = [c[i] ^ c[0] ^ c[1] ^ c[2] ^ c[3] ^ double(c[i] ^ c[(i + 1) % 4]) for c in columns for i in range(4)] or s
            s = [a ^ b for a, b in zip(s, keys[turn])]
        return bytes(s)
    return block
def gcm_open(key, nonce, aad, sealed):  # NIST SP 800-38D
    block, body, y = aes256(key), sealed[:-16], 0
    h, padded = int.from_bytes(block(bytes(16)), "big"), aad + bytes(-len(aad) % 16) + body + bytes(-len(body) % 16)
    padded += (len(aad) << 67 | len(body) << 3).to_bytes(16, "big")
    for at in range(0, len(padded), 16):
        x, y, v = y ^ int.from_bytes(padded[at:at + 16], "big"), 0, h
        for bit in range(127, -1, -1): y, v = y ^ (x >> bit & 1) * v, v >> 1 ^ (v & 1) * (0xe1 << 120)
    stream = b"".join(block(nonce + n.to_bytes(4, "big")) for n in range(1, 2 + (len(body) + 15) // 16))
    check(bytes(a ^ b for a, b in zip(y.to_bytes(16, "big"), stream)) == sealed[-16:], "it does not open")
    return bytes(a ^ b for a, b in zip(body, stream[16:]))

def hpke_open(shared, enc, recipient, info, aad, sealed):
    def extract(suite, salt, label, ikm): return hmac.digest(salt, b"HPKE-v1" + suite + label + ikm, "sha256")
    def expand(suite, secret, label, data, n):
        return hmac.digest(secret, n.to_bytes(2, "big") + b"HPKE-v1" + suite + label + data + b"\1", "sha256")[:n]
    check(any(shared) and len(sealed) >= 16, "a point of small order, or nothing sealed")
    kem, suite = b"KEM\0\x20", b"HPKE\0\x20\0\1\0\2"
    secret = expand(kem, extract(kem, b"", b"eae_prk", shared), b"shared_secret", enc + recipient, 32)
    context = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    secret = extract(suite, secret, b"secret", b"")
    padded = gcm_open(expand(suite, secret, b"key", context, 32), expand(suite, secret, b"base_nonce", context, 12), aad, sealed)
    length = int.from_bytes(padded[:4], "little")
    check(length + 4 <= len(padded) and not any(padded[4 + length:]), "wrong padding")
    return Reader(padded[4:4 + length])

def opened(data, genesis):
    proof, (c, state, command, answer, included) = verify(data, genesis)
    if c["command_secret"]:
        r = proven(state, c["command_proof"], PHALA_PHAT_CONTRACTS_SEALING_KEYS, c["contract"])
        keys = dict(r.list(lambda: (r.raw(16), r.raw(32), r.raw(4), r.option(lambda: r.raw(4)), r.raw(2))[:2]))
        check(command["epoch"] in keys and command["sealed"][:1] == b"\1", "a command of an unknown key or suite")
        key, enc = keys[command["epoch"]], command["sealed"][1:33]
        check(public(c["command_secret"]) == enc, "not the secret of this command")
        info = b"pha/v1/command\1" + genesis + c["contract"] + command["epoch"]
        aad = command["origin"] + c["contract"] + c["id"] + command["terms"]
        body = hpke_open(x25519(c["command_secret"], key), enc, key, info, aad, command["sealed"][33:])
        proof.update(selector=body.raw(4), args=body.bytes(), reply_key=body.raw(32))
    if c["reply_secret"]:
        check(answer is not None and proof.get("reply_key", public(c["reply_secret"])) == public(c["reply_secret"]), "not the reply's key")
        info = b"pha/v1/reply" + genesis + c["id"] + blake(command["sealed"]) + included.to_bytes(4, "little") + blake(c["blocks"][0])
        body = hpke_open(x25519(c["reply_secret"], answer[:32]), answer[:32], public(c["reply_secret"]), info, b"", answer[32:])
        kind = body.uint(1); check(kind < 3, "an unknown outcome")
        proof.update(outcome=("ok", "failed", "trapped")[kind], value=body.bytes(), fuel=body.uint(8))
    return proof

if __name__ == "__main__": main(opened)
