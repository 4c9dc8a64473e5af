/**
 * A worker that is reached by RA-TLS: TLS that ends in its pRuntime, whose certificate and evidence are verified here, with
 * the chain's collateral, before anything is said. Queries go over it; the proofs beside their answers come from the node.
 */
import { connect } from "node:net";
import { readRaTlsCertificate } from "@pha/attestation";
import { answerKeys, STORAGE } from "@pha/protocol";
import {
  createQueryChannel,
  openAttestedChannel,
  type QueryChannel,
  type ShownByPeer,
} from "@pha/pruntime/channels";
import { equalBytes, PhaError, parseHex, toHex } from "@pha/scale";
import {
  type Chain,
  type Client,
  type TrustOptions,
  type TrustReport,
  verifyRaTls,
  type WorkerBoot,
  type WorkerClient,
} from "@pha/sdk";
import { Option } from "commander";

export const raTlsOption = new Option(
  "--ra-tls <address>",
  "HOST:PORT of a worker's RA-TLS, which is asked over it instead of over HTTP",
);

export interface RaTlsOptions extends TrustOptions {
  /** Identities of which one is wanted. */
  readonly identities: readonly Uint8Array[];
  /** What is wrong with the other end is thrown; else it is in the report alone. @default true */
  readonly strict?: boolean;
}

export interface RaTlsWorker {
  /** Before `open` it knows of no boot. */
  readonly worker: WorkerClient;
  /** @throws PhaError `ra-tls/…`, `verify/not-trusted`, `verify/simulated`, `worker/unreachable` */
  open(client: Client, options: RaTlsOptions): Promise<TrustReport>;
  close(): void;
}

/** @throws PhaError `usage/bad-address` */
export function raTlsWorker(address: string, timeoutMs: number): RaTlsWorker {
  const { host, port } = addressOf(address);
  let boots: readonly WorkerBoot[] = [];
  let channel: QueryChannel | undefined;
  let chain: Chain | undefined;

  const notOffered = (): never => {
    throw new PhaError("ra-tls/queries-alone", "over RA-TLS a worker answers queries alone", {
      facts: { address },
      hint: "Give the URL of the worker's host for anything else.",
    });
  };
  return {
    worker: {
      url: `ra-tls://${address}`,
      info: () => Promise.resolve(boots),
      async query(sealed) {
        if (channel === undefined || chain === undefined) return notOffered();
        const { sealed: answer, proofOf } = await channel.ask(sealed);
        return { sealed: answer, block: proofOf.block, proof: await proofFrom(chain, proofOf) };
      },
      challenge: async () => notOffered(),
      reply: () => Promise.resolve(undefined),
    },
    async open(client, { identities, strict = true, ...trust }) {
      chain = client.chain;
      let report: TrustReport | undefined;
      const judge = async (shown: ShownByPeer): Promise<void> => {
        const found = await wantedBoot(client.chain, shown.certificate, identities);
        const { certificate, ...bound } = shown;
        report = await verifyRaTls(client.chain, {
          ...trust,
          certificate,
          channel: bound,
          ...(identities.length > 0 && { worker: found?.identity ?? new Uint8Array(32) }),
        });
        if (strict) refuse(report, client.allowsSimulated);
        boots = found ? [{ ...found, role: "worker", provider: "ra-tls", name: address }] : [];
      };
      const carrier = await reach(host, port, timeoutMs);
      const { socket } = await openAttestedChannel({
        ...{ carrier, side: "client", identity: undefined, peer: { judge } },
        deadlineMs: timeoutMs,
      });
      channel = createQueryChannel(socket);
      if (report === undefined) return notOffered();
      return report;
    },
    close: () => channel?.close(),
  };
}

/** Of the worker whose boot the certificate names, as the chain knows it. */
async function wantedBoot(
  chain: Chain,
  certificate: Uint8Array,
  identities: readonly Uint8Array[],
): Promise<Pick<WorkerBoot, "identity" | "boot" | "bootEncryption"> | undefined> {
  const read = readRaTlsCertificate(certificate, BigInt(Date.now()));
  const named = read.ok ? read.value.tagged.boot : undefined;
  if (named === undefined) return undefined;
  for (const identity of identities) {
    const record = await chain.read({
      key: STORAGE.boot.key(identity),
      value: STORAGE.boot.value,
    });
    const { boot, bootEncryption } = record?.registration ?? {};
    if (boot && bootEncryption && equalBytes(boot, named))
      return { identity, boot, bootEncryption };
  }
  return undefined;
}

function refuse(report: TrustReport, allowsSimulated: boolean): void {
  const { broken } = report;
  if (broken !== undefined)
    throw new PhaError(
      "verify/not-trusted",
      `the chain of trust breaks at ${broken.link}: ${broken.says}`,
      {
        facts: { link: broken.link },
        hint: "Say nothing to this end; `pha verify worker --ra-tls` shows every link.",
      },
    );
  if (report.simulated && !allowsSimulated)
    throw new PhaError(
      "verify/simulated",
      "the worker is a SIMULATED TEE, which protects nothing",
      {
        hint: "On a devnet pass --allow-simulated; anywhere else, do not send data.",
      },
    );
}

type ProofOf = Awaited<ReturnType<QueryChannel["ask"]>>["proofOf"];

/** What the host would put beside the answer; it is verified like the host's. */
async function proofFrom(
  { rpc }: Chain,
  { block, identity, boot, cluster }: ProofOf,
): Promise<Uint8Array[]> {
  // A refusal concerns no cluster: there is nothing to prove.
  if (cluster.every((byte) => byte === 0)) return [];
  const keys = answerKeys(identity, boot, cluster).map((key) => toHex(key));
  const answer = await rpc.request("state_getReadProof", [keys, toHex(block.hash)]);
  const proof = typeof answer === "object" && answer !== null ? Reflect.get(answer, "proof") : [];
  return (Array.isArray(proof) ? proof : []).flatMap((node: unknown) => {
    const parsed = typeof node === "string" ? parseHex(node) : undefined;
    return parsed?.ok ? [parsed.value] : [];
  });
}

function reach(host: string, port: number, timeoutMs: number) {
  return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const failed = (cause?: Error): void => {
      socket.destroy();
      reject(
        new PhaError("worker/unreachable", `no worker answers at ${host}:${port}`, {
          cause,
          facts: { host, port },
          hint: "Look in `/v1/info` of the worker's host for its raTlsPort, and whether it runs.",
        }),
      );
    };
    socket.once("error", failed);
    socket.once("timeout", () => failed());
    socket.once("connect", () => {
      socket.setTimeout(0);
      socket.off("error", failed);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const url = URL.canParse(`ra-tls://${text}`) ? new URL(`ra-tls://${text}`) : undefined;
  const port = Number(url?.port);
  const rest = url && `${url.username}${url.password}${url.pathname}${url.search}${url.hash}`;
  if (
    url === undefined ||
    url.hostname === "" ||
    port < 1 ||
    !Number.isInteger(port) ||
    rest !== ""
  )
    throw new PhaError("usage/bad-address", `${text} is no address of a port`, {
      hint: "Give HOST:PORT, as in worker.example.org:9443.",
    });
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
}
