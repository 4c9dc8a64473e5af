#!/usr/bin/env python3
"""Verifies a receipt of Pha without any of Pha's code: Python 3.8 or newer, its standard library, no network.

    python3 verify_receipt.py GENESIS_HASH RECEIPT_FILE

The genesis hash (hex) is all that is trusted. Checked: the genesis header and its voters; two thirds of them for each
change of voters and for the last header; under that header's state root the final step of the cluster, with the reply;
the headers from the step's block back to the command's; under that block's state root the command, and that its contract
belongs to the cluster. Receipts of opened fields: verify_fields.py. Not checked: what the bytes say (open_receipt.py), the evidence of the TEEs, which a receipt does
not hold, and whether the contract's code had to answer so: that is the word of the majority of its replicas.
"""
import hashlib, json, sys

def check(condition, what):
    if not condition: raise ValueError(what)
def blake(data, size=32): return hashlib.blake2b(data, digest_size=size).digest()

class Reader:  # of SCALE
    def __init__(self, data): self.data, self.at = data, 0
    def raw(self, n):
        check(n <= len(self.data) - self.at, "truncated")
        self.at += n
        return self.data[self.at - n:self.at]
    def uint(self, n): return int.from_bytes(self.raw(n), "little")
    def compact(self):
        first = self.uint(1); mode = first & 3; check(mode < 3, "a length that no receipt has")
        value = (first | self.uint((1 << mode) - 1) << 8) >> 2
        check(mode == 0 or value >> (6 if mode == 1 else 14), "a length with another encoding")
        return value
    def bytes(self): return self.raw(self.compact())
    def list(self, read): return [read() for _ in range(self.compact())]
    def option(self, read):
        flag = self.uint(1); check(flag < 2, "neither there nor not")
        return read() if flag else None
    def whole(self, read):
        value = read(self); check(self.at == len(self.data), "bytes too many"); return value

# ed25519, RFC 8032 section 5.1.7
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, BASE = -121665 * pow(121666, P - 2, P) % P, (4 * pow(5, P - 2, P) % P).to_bytes(32, "little")
def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * p[3] * q[3] * D, 2 * p[2] * q[2]
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P
def mul(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1: q = add(q, p)
        p, n = add(p, p), n >> 1
    return q
def point(raw):
    value = int.from_bytes(raw, "little"); y, sign = value % 2**255, value >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P: x = x * pow(2, (P - 1) // 4, P) % P
    check(y < P and (x * x - square) % P == 0 and (x or not sign), "not a point of the curve")
    if x & 1 != sign: x = P - x
    return x, y, 1, x * y % P
def ed25519(key, message, signature):
    s, r = int.from_bytes(signature[32:], "little"), point(signature[:32])
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = mul(s, point(BASE)), add(r, mul(h, point(key)))
    check(s < L and all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1)), "a wrong signature")

# Storage items by the hash of their names, and read proofs of Substrate's trie
GRANDPA_AUTHORITIES = bytes.fromhex("5f9cc45b7a00c5899361e1c6099678dc5e0621c4869aa60c02be9adcc98a0d1d")
PHALA_MQ_OUTBOUND_MESSAGES = bytes.fromhex("2f039a6a7f13e94b9545257e54062a048a395e6242c6813b196ca31ed0547ea7")
PHA_CONTRACT_STATE_STEPS = bytes.fromhex("044820aaa6185babee7914774028d7bd65cd84047ef2a2dc6ebd1b83ea82b386")
PHALA_PHAT_CONTRACTS_CONTRACTS = bytes.fromhex("87e421a91abbc42f22fc6f8dd98819424342193e496fab7ec59d615ed0dc5530")
PHALA_PHAT_CONTRACTS_SEALING_KEYS = bytes.fromhex("87e421a91abbc42f22fc6f8dd98819423db805eccd9875d3e8f7a248991ecfd3")
def proven(root, proof, item, key=None):
    nodes = {blake(entry): entry for entry in proof}
    check(all(h == root or any(h in entry for entry in proof) for h in nodes), "a proof with parts of another")
    full = item if key is None else item + blake(key, 16) + key
    left, node = [nibble for byte in full for nibble in (byte >> 4, byte & 15)], nodes.get(root)
    while True:
        check(node is not None, "a proof without what it is for"); r = Reader(node); head = r.uint(1)
        most = 63 if head >= 0x40 else 31 if head >= 0x20 else 15; length = more = head & most
        if length == most:
            more = 255
            while more == 255: more = r.uint(1); length += more
        partial = [nibble for byte in r.raw((length + 1) // 2) for nibble in (byte >> 4, byte & 15)][length % 2:]
        check(left[:length] == partial, "nothing under this key"); left = left[length:]
        children = r.uint(2) if head >= 0x80 or head < 0x20 else 0
        value = r.bytes() if head >= 0xc0 or 0x40 <= head < 0x80 else nodes.get(r.raw(32)) if head < 0x40 else None
        if not left: check(value is not None, "nothing under this key"); return Reader(value)
        check(children >> left[0] & 1, "nothing under this key")
        for nibble in range(left[0] + 1):
            if children >> nibble & 1: child = r.bytes()
        node, left = nodes.get(child) if len(child) == 32 else child, left[1:]

# Headers and GRANDPA
def header(r):
    parent, number, state, _, change = r.raw(32), r.compact(), r.raw(32), r.raw(32), None
    for _ in range(r.compact()):
        kind = r.uint(1); check(kind in (0, 4, 5, 6, 8), "an unknown digest item")
        engine, data = r.raw(4) if kind in (4, 5, 6) else b"", Reader(r.bytes() if kind != 8 else b"")
        if kind == 4 and engine == b"FRNK" and data.data[:1] in (b"\1", b"\2"):
            check(data.uint(1) == 1 and change is None, "a forced or a second change of voters")
            change = voters(data); check(data.uint(4) == 0, "a delayed change of voters")
    return parent, number, state, change
def voters(r):
    listed = r.list(lambda: (r.raw(32), r.uint(8)))
    check(len({key for key, _ in listed}) == len(listed), "a voter listed twice"); return dict(listed)
def justified(encoded, block, number, weights, set_id):
    r = Reader(encoded); turn, target = r.uint(8), (r.raw(32), r.uint(4))
    votes, ancestry, used = r.list(lambda: (r.raw(32), r.uint(4), r.raw(64), r.raw(32))), {}, set()
    for _ in range(r.compact()):
        start = r.at; parent, height, _, _ = header(r); ancestry[blake(r.data[start:r.at])] = parent, height
    names, total = {voter for _, _, _, voter in votes}, sum(weights.values())
    check(r.at == len(encoded) and target == (block, number) and len(names) == len(votes), "another justification")
    check(names <= set(weights) and sum(map(weights.get, names)) >= total - (total - 1) // 3, "too few votes")
    for own, at, signature, voter in votes:
        ed25519(voter, b"\1" + own + b"".join(n.to_bytes(size, "little") for n, size in ((at, 4), (turn, 8), (set_id, 8))), signature)
        while own != block:
            check(own in ancestry and ancestry[own][1] == at > number, "a vote for another chain")
            used.add(own); own, at = ancestry[own][0], at - 1
        check(at == number, "a vote for another height")
    check(used == set(ancestry), "headers that no vote needs")

def receipt(r):
    h, many = lambda: r.raw(32), lambda: r.list(r.bytes)
    reads = dict(version=lambda: r.uint(1), genesis=r.bytes, genesis_proof=many, headers=many, justifications=many, cluster=h,
                 index=lambda: r.raw(8), step_proof=many, blocks=many, contract=h, id=h, command_proof=many,
                 command_secret=lambda: r.option(h), reply_secret=lambda: r.option(h), reply_blob=lambda: r.option(r.bytes))
    return {name: read() for name, read in reads.items()}
def placed(r):  # a sealed reply up to 1 KiB and what sealing adds, or hash and length of a longer one
    kind = r.uint(1); check(kind < 2, "an unknown place of a reply")
    sealed = (r.raw(32), r.uint(4)) if kind else r.bytes()
    check(1072 < sealed[1] <= 262192 if kind else len(sealed) <= 1072, "a reply in the wrong place"); return sealed
def command(r):
    origin, contract, id, epoch, start = r.raw(32), r.raw(32), r.raw(32), r.raw(16), r.at
    r.option(lambda: r.raw(32)); r.raw(8 + 16 + 4)
    return dict(origin=origin, contract=contract, id=id, epoch=epoch, terms=r.data[start:r.at], sealed=r.bytes())
def message(r):
    kind = r.uint(1); check(kind < 7 or kind == 255, "an unknown sender")
    return kind, r.bytes() if kind in (0, 4) else b"" if kind in (5, 255) else r.raw(32), r.bytes(), r.bytes()
def sent(kind, sender, topic, body):
    try: return kind == 3 and topic == b"pha/contract/command" and (sender, Reader(body).whole(command))
    except ValueError: return None  # an account may send what is no command: it is not run either

def finalized(c, genesis, version):
    """Parent, number and state root of the finalized header that everything in the receipt hangs on."""
    check(c["version"] == version and blake(c["genesis"]) == genesis, "a receipt of another version or network")
    parent, number, state, _ = Reader(c["genesis"]).whole(header)
    weights, set_id = proven(state, c["genesis_proof"], GRANDPA_AUTHORITIES).whole(voters), 0
    check(number == 0 < len(c["headers"]) == len(c["justifications"]), "headers without justifications")
    for i, encoded in enumerate(c["headers"]):
        before, (parent, number, state, change) = number, Reader(encoded).whole(header)
        check(number > before and (change or i == len(c["headers"]) - 1), "headers that do not follow each other")
        justified(c["justifications"][i], blake(encoded), number, weights, set_id)
        if change: weights, set_id = change, set_id + 1
    return parent, number, state

def verify(data, genesis):
    """What the receipt proves, with the parts that open_receipt.py goes on with; raises ValueError if it does not."""
    c = Reader(data).whole(receipt)
    _, number, state = finalized(c, genesis, 2)
    r = proven(state, c["step_proof"], PHA_CONTRACT_STATE_STEPS, c["cluster"] + c["index"])
    executed, expected, _, _, root, _ = r.uint(4), r.raw(32), r.raw(20), r.raw(32), r.raw(32), r.raw(36) if r.uint(1) else r.bytes()
    replies = r.list(lambda: (r.raw(32), r.raw(32), r.option(lambda: placed(r))))
    check(r.at == len(r.data) and c["blocks"], "bytes too many, or no block")
    for encoded in reversed(c["blocks"]):
        check(blake(encoded) == expected, "headers that do not lead to the step")
        expected, included, state, _ = Reader(encoded).whole(header)
    messages = proven(state, c["command_proof"], PHALA_MQ_OUTBOUND_MESSAGES).whole(lambda r: r.list(lambda: message(r)))
    cluster = proven(state, c["command_proof"], PHALA_PHAT_CONTRACTS_CONTRACTS, c["contract"]).raw(32)
    this = c["contract"], c["id"]
    commands = [k for origin, k in filter(None, (sent(*m) for m in messages)) if (k["contract"], k["id"], k["origin"]) == (*this, origin)]
    answers = [sealed for contract, id, sealed in replies if (contract, id) == this]
    check(commands and answers and cluster == c["cluster"], "no such command of this cluster, or no reply to it")
    answer, blob = answers[0], c["reply_blob"]; named = isinstance(answer, tuple)
    check((blob is not None) == bool(named and c["reply_secret"]), "a sealed reply that is missing, or that nothing opens")
    check(blob is None or (blake(blob), len(blob)) == answer, "another reply than the step names")
    return dict(contract=c["contract"], cluster=c["cluster"], command=c["id"], origin=commands[0]["origin"], included=included,
                executed=executed, finalized=number, root=root, sealed_command_hash=blake(commands[0]["sealed"]),
                sealed_reply_hash=answer[0] if named else answer and blake(answer)), (c, state, commands[0], blob if named else answer, included)

def main(verified):
    with open(sys.argv[2], "rb") as file: data = file.read()
    try: proof = verified(data, bytes.fromhex(sys.argv[1][-64:]))
    except (ValueError, IndexError) as why: sys.exit(f"not verified: {why}")
    print(json.dumps(proof, default=lambda value: "0x" + value.hex(), indent=2))
if __name__ == "__main__": main(lambda *given: verify(*given)[0])
