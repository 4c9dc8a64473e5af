/** Ports, as options name them. */
import { PhaError } from "@pha/scale";

/** @throws PhaError `usage/bad-port` */
export function portOf(value: unknown): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new PhaError("usage/bad-port", `${String(value)} is no port`, {
    hint: "Give a number from 1 to 65535; 0 takes any free one.",
  });
}
