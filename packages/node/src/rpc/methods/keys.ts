/**
 * `author_*` that handle a validator's keys; served where the operator allows it, on the machine itself.
 *
 * The keys are the signer's. `author_insertKey` is the one way in which a secret passes through the node: from the
 * client's request to the signer's pipe; `pha key insert` puts it into the folder without the node.
 */
import { concatBytes, PhaError } from "@pha/scale";
import { toHex } from "../../hex.ts";
import {
  KEY_TYPES,
  type KeyType,
  type SessionKeys,
  type SessionPair,
} from "../../signer/keystore.ts";
import type { MethodGroup } from "../method.ts";
import type { NodeContext } from "../node-context.ts";
import { hexParam, stringParam } from "../params.ts";
import { invalidParams } from "../rpc-errors.ts";

/** Of a public key, and of an account. */
const KEY_BYTES = 32;

export function keyMethods({ sessionKeys }: NodeContext): MethodGroup {
  const keys = (): SessionKeys => {
    if (sessionKeys) return sessionKeys;
    throw new PhaError("rpc/unsafe-method", "whoever connects may not handle this node's keys", {
      hint: "start the node with a base path and --rpc-unsafe, or use `pha key` on its folder",
    });
  };
  return {
    /** Makes new session keys; the public ones in hex, as `Session.set_keys` takes them. */
    author_rotateKeys: async () => toHex(encodePair(await keys().generate())),
    /** Makes new session keys and a proof that the given account may have them: `{ keys, proof }`. */
    author_rotateKeysWithOwner: async ({ params }) => {
      const keystore = keys();
      const owner = bytesParam(hexParam(params, 0, "owner"), KEY_BYTES, "owner");
      const pair = await keystore.generate();
      const proof = await keystore.proveOwnership(pair, owner);
      return { keys: toHex(encodePair(pair)), proof: toHex(proof) };
    },
    /** Puts a secret into the keystore; its public key must be the given one. */
    author_insertKey: async ({ params }) => {
      const keystore = keys();
      const type = typeParam(stringParam(params, 0, "keyType"));
      const uri = stringParam(params, 1, "suri");
      const key = bytesParam(hexParam(params, 2, "publicKey"), KEY_BYTES, "publicKey");
      await keystore.insert(type, uri, key);
      return null;
    },
    /** Whether the keystore has the key. */
    author_hasKey: async ({ params }) => {
      const keystore = keys();
      const key = bytesParam(hexParam(params, 0, "publicKey"), KEY_BYTES, "publicKey");
      return keystore.has(typeParam(stringParam(params, 1, "keyType")), key);
    },
    /** Whether the keystore has both keys of a pair. */
    author_hasSessionKeys: async ({ params }) => {
      const keystore = keys();
      const both = bytesParam(hexParam(params, 0, "sessionKeys"), 2 * KEY_BYTES, "sessionKeys");
      return (
        (await keystore.has("babe", both.subarray(0, KEY_BYTES))) &&
        (await keystore.has("gran", both.subarray(KEY_BYTES)))
      );
    },
  };
}

/** As `Session.set_keys` takes them. */
function encodePair({ babe, grandpa }: SessionPair): Uint8Array {
  return concatBytes(babe, grandpa);
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
