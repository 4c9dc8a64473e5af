/**
 * Machines of dstack: quotes and keys by way of the guest agent's unix socket, which speaks HTTP with JSON.
 *
 * **Bounds**: `MAX_ANSWER_BYTES`, `DEADLINE_MS`. **Trust**: the agent is part of the measured image; its socket is a file
 * of this machine and no network.
 */
import { request } from "node:http";
import { evidenceEnvelope } from "@pha/attestation";
import { hkdf } from "@pha/crypto";
import { PhaError, parseHex, toHex, utf8 } from "@pha/scale";
import { quoteOf } from "./configfs-tsm.ts";
import { type DeviceFiles, systemFiles } from "./device-files.ts";
import type { EvidenceProvider } from "./evidence-provider.ts";

/** The newer name first. */
export const DSTACK_SOCKETS: readonly string[] = ["/var/run/dstack.sock", "/var/run/tappd.sock"];
const MAX_ANSWER_BYTES = 256 << 10;
const DEADLINE_MS = 30_000;
const SEALING_PATH = "pha/v1/sealing";

export interface DstackOptions {
  readonly sockets?: readonly string[];
  readonly files?: Pick<DeviceFiles, "exists">;
}

/** `undefined` where no agent has a socket. */
export async function openDstackProvider({
  sockets = DSTACK_SOCKETS,
  files = systemFiles,
}: DstackOptions = {}): Promise<EvidenceProvider | undefined> {
  for (const socketPath of sockets)
    if (await files.exists(socketPath)) return providerOf(socketPath);
  return undefined;
}

function providerOf(socketPath: string): EvidenceProvider {
  return {
    name: "dstack",
    kind: "IntelTdxDcap",
    async evidence(reportData) {
      const data = toHex(reportData).slice(2);
      const answer = await ask(socketPath, "/GetQuote", { report_data: data });
      return evidenceEnvelope("IntelTdxDcap", quoteOf(bytesOf(answer, "quote")));
    },
    async sealingKey() {
      const answer = await ask(socketPath, "/GetKey", { path: SEALING_PATH, purpose: "sealing" });
      return hkdf(bytesOf(answer, "key"), new Uint8Array(0), utf8("sealing"), 32);
    },
  };
}

function bytesOf(answer: unknown, field: string): Uint8Array {
  const text =
    typeof answer === "object" && answer !== null
      ? Object.getOwnPropertyDescriptor(answer, field)?.value
      : undefined;
  const hex = typeof text === "string" ? text.replace(/^0x/, "") : "";
  const parsed = parseHex(`0x${hex}`);
  if (parsed.ok && parsed.value.length > 0) return parsed.value;
  throw new PhaError("provider/malformed-answer", `the agent's answer has no ${field}`, {
    facts: { field },
    hint: "Check that the image's dstack agent is of a release that has GetQuote and GetKey.",
  });
}

async function ask(socketPath: string, path: string, body: object): Promise<unknown> {
  let answer: { readonly status: number; readonly text: string };
  try {
    answer = await post(socketPath, path, JSON.stringify(body));
  } catch (cause) {
    throw new PhaError("provider/no-agent", "the dstack agent does not answer", {
      facts: { socketPath, path },
      hint: "Mount the agent's socket into the container and check that pRuntime may open it.",
      cause,
    });
  }
  if (answer.status !== 200)
    throw new PhaError("provider/agent-refused", "the dstack agent refused the request", {
      facts: { path, status: answer.status, answer: answer.text.slice(0, 200) },
      hint: "Read the agent's log; the machine's quoting service may be down.",
    });
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new PhaError("provider/no-json", "the dstack agent's answer is no JSON", {
      facts: { path },
      hint: "Check that the socket is the dstack agent's.",
      cause,
    });
  }
}

function post(
  socketPath: string,
  path: string,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": utf8(body).length };
    const sent = request({ socketPath, path, method: "POST", headers }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) sent.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.setTimeout(DEADLINE_MS, () => sent.destroy(new Error("no answer in time")));
    sent.on("error", reject);
    sent.end(body);
  });
}
