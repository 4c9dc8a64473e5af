/** Finds out what somebody pasted, and verifies it in this page: a contract, a worker, a receipt, or evidence. */
import { blake2b256 } from "@pha/crypto";
import { STORAGE } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { type Client, examineEvidence, type Verdict } from "@pha/sdk";
import { pastedBytes } from "../pasted-bytes.ts";
import { readContract } from "./contracts.ts";
import { judgeReceipt } from "./judge-receipt.ts";
import { readTrust } from "./trust.ts";

export type SubjectKind = "contract" | "worker" | "receipt" | "evidence";

export interface SubjectReading {
  readonly kind: SubjectKind;
  /** Contract or worker in hex, hash of a receipt or of evidence. */
  readonly id: string;
  /** Of a contract; of evidence its kind. */
  readonly name: string | undefined;
  readonly verdicts: readonly Verdict[];
  readonly ok: boolean;
  readonly simulated: boolean;
  /** Whether a link that names it says the same to others: a receipt is too long for one. */
  readonly isLinkable: boolean;
  readonly block: number;
}

/** Longest text that is looked at: a receipt of a megabyte, in hex. */
const MAX_TEXT = 4 << 20;

export async function verifySubject(client: Client, text: string): Promise<SubjectReading> {
  const trimmed = text.trim();
  if (trimmed.length > MAX_TEXT) throw unknown("It is longer than any receipt.");
  const bytes = pastedBytes(trimmed);
  if (bytes === undefined) throw unknown("It is neither hex nor base64.");
  if (bytes.length < 32) throw unknown("It is shorter than 32 bytes.");
  return verifyBytes(client, bytes);
}

export async function verifyBytes(client: Client, bytes: Uint8Array): Promise<SubjectReading> {
  if (bytes.length !== 32) {
    const reading = (await receiptReading(client, bytes)) ?? (await evidenceReading(client, bytes));
    if (reading !== undefined) return reading;
    throw unknown("It is no receipt, and no evidence of a kind that is known here.");
  }
  const { chain } = client;
  const record = await chain.read({
    key: STORAGE.contract.key(bytes),
    value: STORAGE.contract.value,
  });
  if (record !== undefined) return contractReading(client, bytes);
  const boot = await chain.read({ key: STORAGE.boot.key(bytes), value: STORAGE.boot.value });
  if (boot !== undefined) return workerReading(client, bytes);
  throw unknown("The chain has neither a contract nor a worker of this name.");
}

function unknown(why: string): PhaError {
  return new PhaError("verify/unknown-subject", `nothing to verify was found: ${why}`, {
    hint: "Paste a contract's address, a worker's identity, a receipt, or a platform's evidence, in hex or base64.",
  });
}

async function contractReading(client: Client, address: Uint8Array): Promise<SubjectReading> {
  const { report, block } = await readTrust(client, address);
  const contract = await readContract(client, address).catch(() => undefined);
  return {
    kind: "contract",
    id: toHex(address),
    name: contract?.artefact.name,
    verdicts: report.verdicts,
    ok: report.ok,
    simulated: report.simulated,
    isLinkable: true,
    block,
  };
}

async function workerReading(client: Client, identity: Uint8Array): Promise<SubjectReading> {
  const { verdicts, ok, simulated } = await client.verifyWorker(identity);
  return {
    kind: "worker",
    id: toHex(identity),
    name: undefined,
    verdicts,
    ok,
    simulated,
    isLinkable: true,
    block: blockOf(verdicts),
  };
}

/** Finalized block that everything was proven under. */
function blockOf(verdicts: readonly Verdict[]): number {
  return Number(verdicts.find(({ link }) => link === "finality")?.facts["block"] ?? 0);
}

/** `undefined` of what is none. */
async function receiptReading(
  client: Client,
  bytes: Uint8Array,
): Promise<SubjectReading | undefined> {
  const { genesisHash } = client.chain;
  const id = toHex(blake2b256(bytes));
  const common = { kind: "receipt", id, name: undefined, isLinkable: false } as const;
  const judged = judgeReceipt(bytes, genesisHash);
  if (!judged.ok) {
    const { code } = judged.error;
    if (code === "receipt/malformed") return undefined;
    const says = `The receipt does not hold: ${code}.`;
    const verdict = { link: "receipt", ok: false, says, facts: { ...plain(judged.error) } };
    return { ...common, verdicts: [verdict], ok: false, simulated: false, block: 0 };
  }
  const { value } = judged;
  // A receipt holds no evidence: what its replicas ran in is the chain's word of today.
  const trust = await readTrust(client, value.contract).catch(() => undefined);
  return {
    ...common,
    verdicts: value.verdicts,
    ok: true,
    simulated: trust?.report.simulated ?? false,
    block: value.finalizedBlock,
  };
}

/** A quote or another piece of a platform's evidence; what it says of its report data is shown, and not expected. */
async function evidenceReading(
  { chain }: Client,
  bytes: Uint8Array,
): Promise<SubjectReading | undefined> {
  const report = await examineEvidence(chain, bytes);
  return (
    report && {
      kind: "evidence",
      id: toHex(blake2b256(bytes)),
      name: report.kind,
      verdicts: report.verdicts,
      ok: report.ok,
      simulated: report.kind === "Simulated",
      isLinkable: false,
      block: blockOf(report.verdicts),
    }
  );
}

function plain(error: object): Verdict["facts"] {
  return Object.fromEntries(Object.entries(error).map(([name, value]) => [name, String(value)]));
}
