/** A worker by its identity, or by the name that its host gives it. */
import { PhaError, parseHex } from "@pha/scale";
import type { Network } from "./network.ts";

/**
 * A name is the host's word; whose identity it is shows in what is verified.
 *
 * @throws PhaError `usage/bad-worker`
 */
export async function identityOf({ client }: Network, text: string): Promise<Uint8Array> {
  const parsed = parseHex(text, 32);
  if (parsed.ok && parsed.value.length === 32) return parsed.value;
  const lists = await Promise.all(client.workers.map((worker) => worker.info().catch(() => [])));
  const boots = lists.flat();
  const named = boots.find(({ name }) => name === text);
  if (named !== undefined) return named.identity;
  throw new PhaError("usage/bad-worker", `${text || "nothing"} is no worker`, {
    hint: `Give an identity, 32 bytes of hex${boots.length > 0 ? `, or one of ${boots.map(({ name }) => name).join(", ")}` : ""}.`,
  });
}
