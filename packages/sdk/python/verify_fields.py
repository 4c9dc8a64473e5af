#!/usr/bin/env python3
"""As verify_receipt.py, which it needs beside it, for a receipt of opened fields of a contract's state.

    python3 verify_fields.py GENESIS_HASH RECEIPT_FILE

Checked: the way from the genesis hash to a finalized header, as there; the headers back to the block of the answer; under
that block's state root the contract's cluster, its replicas, and its root, final by their majority; each field's value, salt
and path under that root; and the signature of one of those replicas that the path is this key of this contract, which is its
word: paths are keyed. Keys and values are printed as the bytes that the contract's ABI encodes.
"""
from verify_receipt import PHALA_PHAT_CONTRACTS_CONTRACTS, Reader, blake, check, ed25519, finalized, header, main, proven

PHALA_PHAT_CONTRACTS_CLUSTERS = bytes.fromhex("87e421a91abbc42f22fc6f8dd9881942554857e1c3a69e607837e04b13b95f60")
PHA_CONTRACT_STATE_ROOTS = bytes.fromhex("044820aaa6185babee7914774028d7bd6b21e589ceecbf19a48560170eda8ed1")

def receipt(r):
    h, many = lambda: r.raw(32), lambda: r.list(r.bytes)
    reads = dict(version=lambda: r.uint(1), genesis=r.bytes, genesis_proof=many, headers=many, justifications=many, blocks=many,
                 cluster=h, contract=h, boot=h, proof=many, previous_root=h, trie_root=h, fields=lambda: r.list(lambda: field(r)))
    return {name: read() for name, read in reads.items()}
def field(r):
    start, entry = r.at, dict(key=r.bytes(), value=r.bytes(), path=r.raw(32), salt=r.raw(16))
    return entry, r.data[start:r.at], r.list(r.bytes), r.raw(64)

def verify(data, genesis):
    c = Reader(data).whole(receipt)
    parent, last, state = finalized(c, genesis, 0x81)
    number = last
    for encoded in reversed(c["blocks"]):
        check(blake(encoded) == parent, "headers that do not lead to the block of the answer")
        parent, number, state, _ = Reader(encoded).whole(header)
    cluster = proven(state, c["proof"], PHALA_PHAT_CONTRACTS_CONTRACTS, c["contract"]).raw(32)
    r = proven(state, c["proof"], PHALA_PHAT_CONTRACTS_CLUSTERS, c["cluster"]); r.raw(35)
    workers = [worker for worker, boot in r.list(lambda: (r.raw(32), r.raw(32))) if boot == c["boot"]]
    r = proven(state, c["proof"], PHA_CONTRACT_STATE_ROOTS, c["cluster"]); block, root = r.raw(36), r.raw(32)
    check(cluster == c["cluster"] and workers and 0 < len(c["fields"]) < 17, "no field, or another cluster or replica")
    trie = blake(b"pha/v1/root" + genesis + cluster + block[4:] + c["previous_root"] + c["trie_root"])
    check(trie == root, "a trie whose root is not the final one")
    for entry, said, proof, signature in c["fields"]:
        leaf = blake(b"\0" + entry["path"] + entry["salt"] + entry["value"])
        check(proven(c["trie_root"], proof, entry["path"]).data == leaf, "another value, salt or path than in the state")
        statement = blake(genesis + cluster + c["contract"] + block + root + said)
        ed25519(c["boot"], b"pha/v1/opened-field" + statement, signature)
    return dict(contract=c["contract"], cluster=cluster, boot=c["boot"], worker=workers[0], read=number, finalized=last,
                block=int.from_bytes(block[:4], "little"), root=root, fields=[entry for entry, *_ in c["fields"]])

if __name__ == "__main__": main(verify)
