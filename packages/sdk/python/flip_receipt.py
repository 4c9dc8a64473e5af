"""For tests: verifies a receipt with one byte changed, at every n-th place, and prints the places that were accepted.

    python3 flip_receipt.py GENESIS_HASH RECEIPT_FILE N
"""
import json, sys
from open_receipt import opened

with open(sys.argv[2], "rb") as file: good = file.read()
accepted, genesis = [], bytes.fromhex(sys.argv[1])
opened(good, genesis)
for at in range(0, len(good), int(sys.argv[3])):
    bad = bytearray(good); bad[at] ^= 1 << at % 8
    try: opened(bytes(bad), genesis); accepted.append(at)
    except (ValueError, IndexError): pass
print(json.dumps(accepted))
