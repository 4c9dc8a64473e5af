/** A free port on the loopback interface: the first from a wanted one up, or any for 0. */
import { createServer } from "node:net";
import { PhaError } from "@pha/scale";

const TRIES = 50;

export async function freePort(wanted: number): Promise<number> {
  if (wanted === 0) {
    const any = await listened(0);
    if (any !== undefined) return any;
  }
  for (let port = wanted; port > 0 && port < Math.min(wanted + TRIES, 65_536); port++)
    if ((await listened(port)) !== undefined) return port;
  throw new PhaError("devnet/no-free-port", `the ports from ${wanted} on are all taken`, {
    facts: { first: wanted, tried: TRIES },
    hint: "Give another first port with --port or --worker-port.",
  });
}

/** Port that a server could listen on just now; `undefined` when it is taken. */
function listened(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      const found = typeof address === "object" ? address?.port : undefined;
      server.close(() => resolve(found));
    });
  });
}
