/** `author_*` that handle a validator's keys; served where the operator allows it, on the machine itself. */
import { ownershipStatement } from "@pha/runtime";
import { concatBytes, equalBytes, PhaError } from "@pha/scale";
import {
  KEY_TYPES,
  type KeystoreFolder,
  type KeyType,
  type SessionPair,
} from "../../authoring/keystore-folder.ts";
import { toHex } from "../../hex.ts";
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { hexParam, stringParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";

/** Of a public key, and of an account. */
const KEY_BYTES = 32;

export function keyMethods({ sessionKeys }: NodeContext): MethodGroup {
  const keys = (): KeystoreFolder => {
    if (sessionKeys) return sessionKeys;
    throw new PhaError("rpc/unsafe-method", "whoever connects may not handle this node's keys", {
      hint: "start the node with a base path and --rpc-unsafe, or use `pha key` on its folder",
    });
  };
  return {
    author_rotateKeys: () => toHex(encodePair(keys().generate())),
    author_rotateKeysWithOwner: ({ params }) => {
      const keystore = keys();
      const owner = bytesParam(hexParam(params, 0, "owner"), KEY_BYTES, "owner");
      const pair = keystore.generate();
      return { keys: toHex(encodePair(pair)), proof: toHex(ownershipProof(keystore, pair, owner)) };
    },
    author_insertKey: ({ params }) => {
      const keystore = keys();
      const type = typeParam(stringParam(params, 0, "keyType"));
      const uri = stringParam(params, 1, "suri");
      const key = bytesParam(hexParam(params, 2, "publicKey"), KEY_BYTES, "publicKey");
      if (!equalBytes(keystore.publicKeyOf(type, uri), key))
        throw new PhaError("keystore/wrong-key", "the public key is not that of the secret", {
          facts: { type },
          hint: "derive it with the scheme of the type: babe is sr25519, gran is ed25519",
        });
      keystore.insert(type, uri);
      return null;
    },
    author_hasKey: ({ params }) => {
      const keystore = keys();
      const key = bytesParam(hexParam(params, 0, "publicKey"), KEY_BYTES, "publicKey");
      return keystore.has(typeParam(stringParam(params, 1, "keyType")), key);
    },
    author_hasSessionKeys: ({ params }) => {
      const keystore = keys();
      const both = bytesParam(hexParam(params, 0, "sessionKeys"), 2 * KEY_BYTES, "sessionKeys");
      return (
        keystore.has("babe", both.subarray(0, KEY_BYTES)) &&
        keystore.has("gran", both.subarray(KEY_BYTES))
      );
    },
  };
}

/** As `Session.set_keys` takes them. */
function encodePair({ babe, grandpa }: SessionPair): Uint8Array {
  return concatBytes(babe, grandpa);
}

/** Shows the chain that an account's owner holds the keys. */
export function ownershipProof(
  keystore: KeystoreFolder,
  { babe, grandpa }: SessionPair,
  owner: Uint8Array,
): Uint8Array {
  const statement = ownershipStatement(owner);
  const [seal, vote] = [
    keystore.babe(babe)?.signSeal(statement),
    keystore.grandpa(grandpa)?.signVote(statement),
  ];
  if (!seal || !vote)
    throw new PhaError("keystore/no-key", "the keystore has no secret of these keys", {
      hint: "`pha key inspect` lists the keys of a keystore; `pha key generate` makes new ones",
    });
  return concatBytes(seal, vote);
}

function typeParam(text: string): KeyType {
  const type = KEY_TYPES.find((one) => one === text);
  if (type) return type;
  throw invalidParams(`keyType is one of ${KEY_TYPES.join(", ")}`);
}

function bytesParam(value: Uint8Array, length: number, name: string): Uint8Array {
  if (value.length === length) return value;
  throw invalidParams(`${name} has ${length} bytes`);
}
