/**
 * A TLS connection whose ends know what the other one is: RA-TLS over the bytes that somebody else carries.
 *
 * ```
 * TLS 1.3 handshake ─► certificate verified ─► evidence over this connection, each way ─► verified ─► open
 *                            └────────────── anything wrong: destroyed, nothing was said ──────────────┘
 * ```
 * pRuntime opens no socket: the bytes of TLS go through a `Duplex` that its host fills. An end may have no identity (a
 * client that only verifies), and may demand none; both are said when the channel is opened, never found out.
 *
 * **Bounds**: `MAX_TAGGED_EVIDENCE_BYTES` before the other end is known, `DEADLINE_MS` for all of it. **Trust**: whoever
 * carries the bytes can end the connection and nothing else.
 *
 * @see RFC 8446
 * @see RFC 9266
 */
import type { Duplex } from "node:stream";
import { connect, createSecureContext, TLSSocket } from "node:tls";
import {
  type AttestationResult,
  CHANNEL_BINDING,
  type EvidenceVerdict,
  MAX_TAGGED_EVIDENCE_BYTES,
  type RaTlsError,
  type RaTlsPeer,
  verifyChannelEvidence,
  verifyRaTlsCertificate,
} from "@pha/attestation";
import { PhaError, plainBytes, type Result } from "@pha/scale";
import type { RaTlsIdentity } from "./ra-tls-identity.ts";

export interface ChannelOptions {
  /** Carries the bytes of TLS. */
  readonly carrier: Duplex;
  readonly side: "client" | "server";
  /** `undefined`: this end shows nothing. A server always has one. */
  readonly identity: RaTlsIdentity | undefined;
  /** What the other end must be, or who judges it; `anonymous` where it need not say. */
  readonly peer: PeerDemand | PeerJudge | "anonymous";
  /** Unix milliseconds. @default Date.now */
  readonly now?: () => number;
  /** For handshake and evidence together. @default 30000 */
  readonly deadlineMs?: number;
}

export interface PeerDemand {
  readonly verify: EvidenceVerdict;
  /** Whether its program, platform and boot are those that are wanted. */
  readonly accept: (peer: RaTlsPeer) => boolean;
}

/**
 * Judges by what takes time, such as the chain's collateral. Own evidence is shown before the other's is judged, which gives
 * nothing away: nothing else is said until then.
 */
export interface PeerJudge {
  /** @throws whatever is wrong with the other end; the channel is then destroyed */
  readonly judge: (shown: ShownByPeer) => Promise<void>;
}

/** What the other end said of itself: nothing of it is verified. */
export interface ShownByPeer {
  /** DER; not empty. */
  readonly certificate: Uint8Array;
  /** Tagged evidence over this connection. */
  readonly evidence: Uint8Array;
  /** What this end exports. */
  readonly exported: Uint8Array;
}

export interface AttestedChannel {
  /** Nothing was read of it but what the ends said of themselves. */
  readonly socket: TLSSocket;
  /** `undefined` of an anonymous one, and of one that the caller judged. */
  readonly peer: RaTlsPeer | undefined;
}

const DEADLINE_MS = 30_000;
const LENGTH_BYTES = 4;

/** @throws PhaError `ra-tls/…` and codes of evidence; the carrier is then destroyed */
export async function openAttestedChannel(options: ChannelOptions): Promise<AttestedChannel> {
  const { carrier, deadlineMs = DEADLINE_MS } = options;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(refused("ra-tls/no-answer", "the other end did not finish in time", { deadlineMs }));
    }, deadlineMs);
  });
  let socket: TLSSocket | undefined;
  try {
    socket = startTls(options);
    // Whatever ends it later is its reader's.
    socket.on("error", () => {});
    socket.once("close", () => carrier.destroy());
    return await Promise.race([open(socket, options), late]);
  } catch (error) {
    socket?.destroy();
    carrier.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function startTls({ carrier, side, identity, peer }: ChannelOptions): TLSSocket {
  const own = identity && { key: pemOfKey(identity), cert: pemOf(identity.certificate) };
  const versions = { minVersion: "TLSv1.3", maxVersion: "TLSv1.3" } as const;
  if (side === "client")
    // The whole verification is ours, before a byte is written: no authority signed these certificates.
    return connect({ socket: carrier, rejectUnauthorized: false, ...versions, ...own });
  return new TLSSocket(carrier, {
    isServer: true,
    requestCert: peer !== "anonymous",
    rejectUnauthorized: false,
    secureContext: createSecureContext({ ...versions, ...own }),
  });
}

async function open(socket: TLSSocket, options: ChannelOptions): Promise<AttestedChannel> {
  const { identity, peer, now = Date.now } = options;
  await established(socket, options.side);
  const exported = plainBytes(
    socket.exportKeyingMaterial(CHANNEL_BINDING.bytes, CHANNEL_BINDING.label, Buffer.alloc(0)),
  );
  const shown = plainBytes(socket.getPeerX509Certificate()?.raw ?? Buffer.alloc(0));
  // Before anything is said: a certificate that does not verify ends it.
  if (peer !== "anonymous" && shown.length === 0)
    throw refused("ra-tls/no-certificate", "the other end showed no certificate");
  const known = peer === "anonymous" || "judge" in peer ? undefined : peerOf(shown, peer, now());
  const own = (await identity?.evidenceFor(exported)) ?? new Uint8Array(0);
  socket.write(frame(own));
  const theirs = await readFrame(socket);
  if (peer !== "anonymous" && "judge" in peer)
    await peer.judge({ certificate: shown, evidence: theirs, exported });
  if (peer === "anonymous" || "judge" in peer || known === undefined)
    return { socket, peer: undefined };
  ensure(
    verifyChannelEvidence({
      evidence: theirs,
      publicKeyInfo: known.publicKeyInfo,
      exported,
      verify: peer.verify,
    }),
  );
  return { socket, peer: known };
}

function peerOf(certificate: Uint8Array, { verify, accept }: PeerDemand, now: number): RaTlsPeer {
  const found = ensure(verifyRaTlsCertificate({ certificate, now: BigInt(now), verify }));
  if (!accept(found))
    throw refused("ra-tls/not-wanted", "the other end is genuine, and not the one that is wanted");
  return found;
}

function ensure<T extends RaTlsPeer | AttestationResult>(result: Result<T, RaTlsError>): T {
  if (result.ok) return result.value;
  const { code, ...facts } = result.error;
  throw refused(
    code,
    "the other end's evidence was refused",
    Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, String(value)])),
  );
}

function refused(
  code: string,
  text: string,
  facts: Readonly<Record<string, string | number>> = {},
): PhaError {
  return new PhaError(code, text, {
    facts,
    hint: "Do not talk to this end; look at its certificate and evidence with `pha verify evidence`.",
  });
}

function established(socket: TLSSocket, side: "client" | "server"): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause?: Error): void =>
      reject(
        new PhaError("ra-tls/no-handshake", "the TLS handshake failed", {
          cause,
          hint: "Both ends speak TLS 1.3 and RA-TLS; look at the other end's log.",
        }),
      );
    socket.once("error", failed);
    socket.once("close", () => failed());
    socket.once(side === "client" ? "secureConnect" : "secure", () => resolve());
  });
}

function frame(bytes: Uint8Array): Uint8Array {
  const framed = new Uint8Array(LENGTH_BYTES + bytes.length);
  new DataView(framed.buffer).setUint32(0, bytes.length);
  framed.set(bytes, LENGTH_BYTES);
  return framed;
}

/** What comes behind the frame stays in the socket. */
async function readFrame(socket: TLSSocket): Promise<Uint8Array> {
  const head = await readExactly(socket, LENGTH_BYTES);
  const length = new DataView(head.buffer).getUint32(0);
  if (length > MAX_TAGGED_EVIDENCE_BYTES)
    throw refused("ra-tls/malformed-evidence", "the other end's evidence is too long", { length });
  return length === 0 ? new Uint8Array(0) : readExactly(socket, length);
}

function readExactly(socket: TLSSocket, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const done = (end: () => void): void => {
      socket.off("readable", attempt);
      socket.off("close", ended);
      socket.off("end", ended);
      end();
    };
    const ended = (): void =>
      done(() => reject(refused("ra-tls/ended", "the other end ended the connection")));
    const attempt = (): void => {
      const chunk: Buffer | null = socket.read(length);
      // At the end of a stream less than was asked for may come.
      if (chunk !== null && chunk.length === length) done(() => resolve(plainBytes(chunk)));
      else if (chunk !== null || socket.destroyed) ended();
    };
    socket.on("readable", attempt);
    socket.on("close", ended);
    socket.on("end", ended);
    attempt();
  });
}

function pemOfKey({ key }: RaTlsIdentity): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function pemOf(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
