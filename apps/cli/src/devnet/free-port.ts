/** First free port on the loopback interface, from a wanted one up. */
import { createServer } from "node:net";
import { PhaError } from "@pha/scale";

const TRIES = 50;

export async function freePort(wanted: number): Promise<number> {
  if (wanted === 0) return 0;
  for (let port = wanted; port < Math.min(wanted + TRIES, 65_536); port++)
    if (await isFree(port)) return port;
  throw new PhaError("devnet/no-free-port", `the ports from ${wanted} on are all taken`, {
    facts: { first: wanted, tried: TRIES },
    hint: "Give another first port with --port or --worker-port.",
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
