/** Servers that reach a worker by RA-TLS: a devnet's processes, and `pha` on the other side. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DevnetProcess, startDevnet } from "./start-devnet.ts";

interface Boot {
  readonly name: string;
  readonly raTlsPort?: number;
}

describe("RA-TLS of a devnet's workers", () => {
  let devnet: DevnetProcess;
  let boots: readonly Boot[] = [];
  let address = "";

  beforeAll(async () => {
    devnet = await startDevnet({ args: ["--ra-tls"] });
    const info = await fetch(`${devnet.file.workers[0]?.url}/v1/info`);
    ({ boots } = (await info.json()) as { readonly boots: readonly Boot[] });
    address = `127.0.0.1:${boots.find(({ name }) => name === "worker-1")?.raTlsPort}`;
  }, 120_000);
  afterAll(() => devnet?.cleanUp());

  it("is offered by workers, not by the gatekeeper", () => {
    const offering = boots.filter(({ raTlsPort }) => raTlsPort !== undefined);
    expect(offering.map(({ name }) => name)).toEqual(["worker-1", "worker-2", "worker-3"]);
  });

  it("answers a query to who verified certificate, connection and boot", async () => {
    const asked = await devnet.pha("query", "counter", "value", "--ra-tls", address, "--json");
    expect(asked.json()).toMatchObject({ result: expect.anything(), cluster: "Live", agreed: 1 });
    // By the very worker that was reached.
    const overHttp = await devnet.pha("query", "counter", "value", "--json");
    expect(asked.json()["result"]).toEqual(overHttp.json()["result"]);
    const verified = await devnet.pha(
      ...["verify", "worker", "worker-1", "--ra-tls", address, "--allow-simulated", "--json"],
    );
    expect(verified.code).toBe(0);
    const links = JSON.stringify(verified.json());
    for (const link of ["ra-tls/genuine", "channel/bound", "ra-tls/boot"])
      expect(links).toContain(link);
  });

  it("is refused where another worker, or a program of one's own choice, is wanted", async () => {
    const other = await devnet.pha(
      ...["verify", "worker", "worker-2", "--ra-tls", address, "--allow-simulated", "--json"],
    );
    expect(other.code).toBe(6);
    expect(JSON.stringify(other.json())).toContain("ra-tls/boot");
    const pinned = await devnet.pha(
      ...["verify", "worker", "worker-1", "--ra-tls", address, "--allow-simulated"],
      ...["--measurement", `0x${"11".repeat(32)}`],
    );
    expect(pinned.code).toBe(6);
    const simulated = await devnet.pha("verify", "worker", "worker-1", "--ra-tls", address);
    expect(simulated.code).toBe(6);
    const nobody = await devnet.pha("query", "counter", "value", "--ra-tls", "127.0.0.1:1");
    expect(nobody.code).toBe(4);
  });

  it("goes on beside connections that say nothing or nonsense, and more than there is room for", async () => {
    const [host = "", port] = address.split(":");
    const sockets = Array.from({ length: 40 }, () =>
      connect(Number(port), host).on("error", () => {}),
    );
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    for (const [i, socket] of sockets.entries())
      if (i % 2 === 0) socket.write("GET / HTTP/1.1\r\n\r\n");
    // An address has four at a time: while these are there, there is no room; over HTTP there is.
    const overHttp = await devnet.pha("query", "counter", "value", "--json");
    expect(overHttp.code).toBe(0);
    for (const socket of sockets) socket.destroy();
    await expect
      .poll(
        async () =>
          (await devnet.pha("query", "counter", "value", "--ra-tls", address, "--json")).code,
        { timeout: 60_000, interval: 500 },
      )
      .toBe(0);
    const metrics = await (await fetch(`${devnet.file.workers[0]?.url}/metrics`)).text();
    expect(metrics).toMatch(
      /pha_channel_connections_total\{name="worker-1",outcome="ra-tls\/no-handshake"\}/,
    );
    expect(metrics).toMatch(/outcome="http\/too-many-requests"/);
  });
});
