/** What contracts are given, made with Node's own primitives. */
import { createHmac } from "node:crypto";
import type { MachineCryptography } from "./cluster-machine.ts";
import { openBoxes } from "./sealed-boxes.ts";

export const NODE_CRYPTOGRAPHY: MachineCryptography = {
  keyedHash: (key, data) => new Uint8Array(createHmac("sha256", key).update(data).digest()),
  openBoxes,
};
