"""For tests: verifies a receipt with one byte changed, at every n-th place, and prints the places that were accepted.

    python3 flip_receipt.py GENESIS_HASH RECEIPT_FILE N
"""
import json, sys
import verify_fields
from open_receipt import opened

with open(sys.argv[2], "rb") as file: good = file.read()
accepted, genesis = [], bytes.fromhex(sys.argv[1])
verified = verify_fields.verify if good[0] == 0x81 else opened
verified(good, genesis)
for at in range(0, len(good), int(sys.argv[3])):
    bad = bytearray(good); bad[at] ^= 1 << at % 8
    try: verified(bytes(bad), genesis); accepted.append(at)
    except (ValueError, IndexError): pass
print(json.dumps(accepted))
