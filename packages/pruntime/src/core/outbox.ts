/** Messages to the chain: signed by the boot key, numbered from 0 in each boot. */
import { ed25519Sign } from "@pha/crypto";
import { type Message, type SignedMessage, signedMessageBytes } from "@pha/protocol";
import type { Output } from "./inputs.ts";
import type { Keys } from "./keys.ts";

export interface Outbox {
  send(destination: Uint8Array, payload: Uint8Array): Output;
}

export function createOutbox(keys: Keys): Outbox {
  let sequence = 0n;
  return {
    send(destination, payload) {
      const message: Message = {
        sender: { type: "Worker", value: keys.identity.publicKey },
        destination,
        payload,
      };
      const bytes = signedMessageBytes(message, keys.boot.publicKey, sequence);
      const signed: SignedMessage = {
        message,
        boot: keys.boot.publicKey,
        sequence,
        signature: ed25519Sign(keys.boot.seed, bytes),
      };
      sequence += 1n;
      return { type: "message", message: signed };
    },
  };
}
