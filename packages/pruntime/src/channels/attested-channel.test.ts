import { duplexPair } from "node:stream";
import type { TLSSocket } from "node:tls";
import { connect, createServer } from "node:tls";
import {
  deriveSimulatedRoot,
  makeSimulatedEvidence,
  type RaTlsPeer,
  verifyEvidence,
} from "@pha/attestation";
import { toHex } from "@pha/scale";
import { describe, expect, test } from "vitest";
import { type ChannelOptions, openAttestedChannel } from "./attested-channel.ts";
import { createRaTlsIdentity, type RaTlsIdentity } from "./ra-tls-identity.ts";

const rootSeed = new Uint8Array(32).fill(7);
const simulatedRoot = deriveSimulatedRoot(rootSeed);
const now = Date.now();
const boot = new Uint8Array(32).fill(3);

/** A platform of its own. */
const platform = (id: number, seed = rootSeed) => ({
  evidence: async (reportData: Uint8Array) =>
    makeSimulatedEvidence({
      rootSeed: seed,
      measurement: new Uint8Array(32).fill(1),
      platformId: new Uint8Array(32).fill(id),
      reportData,
      issuedAtMs: BigInt(now),
    }),
});
const identity = (id: number, more: Partial<Parameters<typeof createRaTlsIdentity>[0]> = {}) =>
  createRaTlsIdentity({ provider: platform(id), boot, now, ...more });
const demand = (id: number) => ({
  verify: (bytes: Uint8Array, expectedReportData: Uint8Array) =>
    verifyEvidence({ bytes, simulatedRoot, now: BigInt(now), expectedReportData }),
  accept: ({ attestation }: RaTlsPeer) => attestation.platformId[0] === id,
});

type End = Omit<ChannelOptions, "carrier" | "side" | "now">;

/** Both ends in this process. @returns what became of each */
async function meet(client: End, server: End) {
  const [one, other] = duplexPair();
  // As a host does that carries the bytes: what ends on one side ends on the other.
  one.once("close", () => other.destroy());
  other.once("close", () => one.destroy());
  return Promise.allSettled([
    openAttestedChannel({ ...client, carrier: one, side: "client", now: () => now }),
    openAttestedChannel({ ...server, carrier: other, side: "server", now: () => now }),
  ]);
}

const codeOf = (outcome: PromiseSettledResult<unknown>): string =>
  outcome.status === "fulfilled" ? "open" : Reflect.get(outcome.reason, "code");

async function echo(from: TLSSocket, to: TLSSocket): Promise<string> {
  const got = new Promise<string>((resolve) => to.once("data", (data) => resolve(String(data))));
  from.write("sealed for nobody else");
  return got;
}

describe("a channel between two TEEs", () => {
  test("opens when each is what the other wants, and carries bytes both ways", async () => {
    const [client, server] = await meet(
      { identity: await identity(1), peer: demand(2) },
      { identity: await identity(2), peer: demand(1) },
    );
    if (client.status !== "fulfilled") throw client.reason;
    if (server.status !== "fulfilled") throw server.reason;
    expect(client.value.peer).toMatchObject({ boot, attestation: { line: "simulated" } });
    expect(server.value.peer?.attestation.platformId[0]).toBe(1);
    expect(client.value.socket.getProtocol()).toBe("TLSv1.3");
    expect(await echo(client.value.socket, server.value.socket)).toBe("sealed for nobody else");
    expect(await echo(server.value.socket, client.value.socket)).toBe("sealed for nobody else");
    client.value.socket.destroy();
  });

  test("opens for a client that shows nothing where the server asks for nothing", async () => {
    const [client, server] = await meet(
      { identity: undefined, peer: demand(2) },
      { identity: await identity(2), peer: "anonymous" },
    );
    expect([codeOf(client), codeOf(server)]).toEqual(["open", "open"]);
    expect(server).toMatchObject({ value: { peer: undefined } });
    const [refusing, refused] = await meet(
      { identity: undefined, peer: demand(2) },
      { identity: await identity(2), peer: demand(1) },
    );
    expect(codeOf(refused)).toBe("ra-tls/no-certificate");
    expect(codeOf(refusing)).toBe("ra-tls/ended");
  });

  test("does not open for another platform, another root, or an old certificate", async () => {
    const clientWants = async (server: RaTlsIdentity) => {
      const [client] = await meet(
        { identity: undefined, peer: demand(2) },
        { identity: server, peer: "anonymous" },
      );
      return codeOf(client);
    };
    expect(await clientWants(await identity(4))).toBe("ra-tls/not-wanted");
    const foreign = platform(2, new Uint8Array(32).fill(8));
    expect(await clientWants(await identity(2, { provider: foreign }))).toBe(
      "evidence/bad-signature",
    );
    expect(await clientWants(await identity(2, { now: now - 2 * 86_400_000 }))).toBe(
      "ra-tls/not-valid-now",
    );
  });

  test("refuses evidence that was made for another connection, or is missing", async () => {
    const server = await identity(2);
    const kept: Uint8Array[] = [];
    const recording: RaTlsIdentity = {
      ...server,
      async evidenceFor(exported) {
        const made = await server.evidenceFor(exported);
        kept.push(made);
        return made;
      },
    };
    const peer = "anonymous" as const;
    const wanted = { identity: undefined, peer: demand(2) };
    expect(codeOf((await meet(wanted, { identity: recording, peer }))[0])).toBe("open");
    // The attack: what one connection got is shown to the next.
    const replaying = { ...server, evidenceFor: async () => kept[0] ?? new Uint8Array(0) };
    const [replayed] = await meet(wanted, { identity: replaying, peer });
    expect(codeOf(replayed)).toBe("ra-tls/other-channel");
    const silent = { ...server, evidenceFor: async () => new Uint8Array(0) };
    expect(codeOf((await meet(wanted, { identity: silent, peer }))[0])).toBe(
      "ra-tls/malformed-evidence",
    );
    const flooding = { ...server, evidenceFor: async () => new Uint8Array(20_000) };
    expect(codeOf((await meet(wanted, { identity: flooding, peer }))[0])).toBe(
      "ra-tls/malformed-evidence",
    );
  });

  test("refuses a certificate that was copied: whoever shows it lacks its key", async () => {
    const genuine = await identity(2);
    const thief = await identity(9);
    // The attack: the genuine certificate over the thief's own key. TLS itself does not let it be shown.
    const copied = { ...thief, certificate: genuine.certificate };
    await expect(
      openAttestedChannel({
        carrier: duplexPair()[0],
        side: "server",
        identity: copied,
        peer: "anonymous",
      }),
    ).rejects.toMatchObject({ code: "ERR_OSSL_X509_KEY_VALUES_MISMATCH" });
    // A relay: genuine evidence of another key and of the connection behind it.
    const relayed = { ...thief, evidenceFor: genuine.evidenceFor };
    const [client] = await meet(
      { identity: undefined, peer: demand(9) },
      { identity: relayed, peer: "anonymous" },
    );
    expect(codeOf(client)).toBe("ra-tls/other-key");
  });

  test("is given up when the other end is silent or speaks something else", async () => {
    const [one] = duplexPair();
    const waiting = openAttestedChannel({
      carrier: one,
      side: "client",
      identity: undefined,
      peer: demand(2),
      deadlineMs: 20,
    });
    await expect(waiting).rejects.toMatchObject({
      code: "ra-tls/no-answer",
      facts: { deadlineMs: 20 },
    });
    expect(one.destroyed).toBe(true);
    const [carrier, far] = duplexPair();
    far.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    const talking = openAttestedChannel({
      carrier,
      side: "client",
      identity: undefined,
      peer: demand(2),
    });
    await expect(talking).rejects.toMatchObject({ code: "ra-tls/no-handshake" });
  });
});

test("its certificate is one that other implementations of TLS take and show as it is", async () => {
  const { key, certificate } = await identity(2);
  const pem = `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString("base64")}\n-----END CERTIFICATE-----\n`;
  const server = createServer({ key: key.export({ type: "pkcs8", format: "pem" }), cert: pem });
  server.on("secureConnection", (socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens");
  try {
    const shown = await new Promise<string>((resolve, reject) => {
      const options = { port: address.port, host: "127.0.0.1", rejectUnauthorized: false };
      const socket = connect(options, () => {
        resolve(toHex(new Uint8Array(socket.getPeerX509Certificate()?.raw ?? [])));
        socket.end();
      });
      socket.on("error", reject);
    });
    expect(shown).toBe(toHex(certificate));
  } finally {
    server.close();
  }
});
