/** `pha verify`: chains of trust of contracts, workers, answers and evidence, link by link, in this program. */

import { evidenceEnvelope } from "@pha/attestation";
import { abiValueToJson } from "@pha/contract";
import { logReasonOf } from "@pha/contract/log";
import {
  type Chain,
  challengeWorker,
  createSession,
  type TrustReport,
  verifyAnswer,
  verifyShownBytes,
} from "@pha/sdk";
import { Option } from "commander";
import { argumentsOf } from "../program/arguments.ts";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf, logNotice } from "../program/contract.ts";
import { parseReportData, readEvidence, trustOf } from "../program/evidence-file.ts";
import { FROM, type Network, openNetwork, signerOf, timeoutOf } from "../program/network.ts";
import { type RaTlsWorker, raTlsOption, raTlsWorker } from "../program/ra-tls-worker.ts";
import {
  type AllowList,
  allowedPrograms,
  rebuildSource,
  sourceError,
  withSource,
} from "../program/rebuilt-source.ts";
import { endWithTrust } from "../program/trust-lines.ts";
import { identityOf } from "../program/worker-name.ts";
import { agreeOf, entryOf } from "./query.ts";
import { verifyVectors } from "./verify-vectors.ts";

const CONTRACT_HINT = "Send nothing to this contract until its operators explain.";
const WORKER_HINT = "Do not use this worker until its operator explains.";

const pinOption = new Option(
  "--measurement <hash...>",
  "accept these programs alone, whatever governance allows",
);

const sourceOption = new Option(
  "--source <folder>",
  "build these sources and compare what they make with what runs",
);

/** The report, with the sources beside it where the caller gave some. */
async function sourced(
  report: TrustReport,
  { source }: Readonly<Record<string, unknown>>,
  chain: Chain,
) {
  if (typeof source !== "string") return report;
  const rebuilt = await rebuildSource(source);
  const { head } = chain.finality;
  const read: AllowList["read"] = (item) => chain.read(item, head);
  return withSource(report, rebuilt, await allowedPrograms(rebuilt, { read, block: head.number }));
}

const verifyContract: CommandDeclaration = {
  usage: "contract <contract>",
  docs: "Checks everything from the genesis hash to the contract's state root. The default: `pha verify counter`.",
  isDefault: true,
  examples: ["pha verify counter --allow-simulated", "pha verify contract counter --json"],
  options: [...networkOptions, pinOption, sourceOption],
  async run({ args, options, output }) {
    const network = await openNetwork(options);
    try {
      const contract = await contractOf(network, args[0] ?? "");
      const report = await sourced(
        await network.client.verify(contract.address),
        options,
        network.client.chain,
      );
      const allowSimulated = options["allowSimulated"] === true;
      const lines = logNotice(contract);
      const more = { document: { log: logReasonOf(contract.artefact) ?? null }, lines };
      const ending = { allowSimulated, hint: CONTRACT_HINT, errorOf: sourceError, more };
      endWithTrust(output, report, ending);
    } finally {
      network.client.close();
    }
  },
};

const verifyWorker: CommandDeclaration = {
  usage: "worker <worker>",
  docs: "Checks a worker, by its identity or by the name that its host gives it: registration, evidence, program, policy, standing.",
  examples: [
    "pha verify worker worker-1 --allow-simulated",
    "pha verify worker 0x… --json",
    "pha verify worker worker-1 --ra-tls 127.0.0.1:9443 --allow-simulated",
  ],
  options: [
    ...networkOptions,
    pinOption,
    sourceOption,
    new Option("--challenge", "have it make evidence now, over a nonce of this program"),
    raTlsOption,
  ],
  async run({ args, options, output }) {
    const { raTls, timeout } = options;
    const reached =
      typeof raTls === "string" ? raTlsWorker(raTls, timeoutOf(String(timeout))) : undefined;
    const network = await openNetwork(options);
    try {
      const identity = await identityOf(network, args[0] ?? "");
      const report = await workerReport(network, identity, options, reached);
      const allowSimulated = options["allowSimulated"] === true;
      const whole = await sourced(report, options, network.client.chain);
      endWithTrust(output, whole, { allowSimulated, hint: WORKER_HINT, errorOf: sourceError });
    } finally {
      network.client.close();
    }
  },
};

/** Of its registration, of evidence made now, or of the end of a connection. */
async function workerReport(
  { client }: Network,
  identity: Uint8Array,
  options: Readonly<Record<string, unknown>>,
  reached: RaTlsWorker | undefined,
): Promise<TrustReport> {
  const trust = trustOf(options);
  if (reached === undefined)
    return options["challenge"] === true
      ? challengeWorker(client, { identity, ...trust })
      : client.verifyWorker(identity);
  try {
    return await reached.open(client, { identities: [identity], strict: false, ...trust });
  } finally {
    reached.close();
  }
}

const verifyAnswerOf: CommandDeclaration = {
  usage: "answer <contract> <query> [args]",
  docs: "Asks a query and shows every link from the genesis hash to the answer.",
  examples: ["pha verify answer counter value --allow-simulated"],
  options: [
    ...networkOptions,
    pinOption,
    new Option("--from <account>", FROM).default("alice"),
    new Option("--anonymous", "ask in nobody's name"),
    new Option("--agree <n>", "as many replicas must give the same answer").default("1"),
  ],
  async run({ args, options, output }) {
    const [contractName = "", method = "", text] = args;
    const agree = agreeOf(options["agree"]);
    const network = await openNetwork(options);
    try {
      const contract = await contractOf(network, contractName);
      const { abi } = entryOf(contract, method, "query");
      const value = await argumentsOf(abi, text);
      const session =
        options["anonymous"] === true
          ? undefined
          : await createSession(network.client.chain, {
              signer: signerOf(String(options["from"])),
              scopes: [{ contract: contract.address, methods: undefined }],
              purpose: `pha verify answer ${contractName} ${method}`,
            });
      const report = await verifyAnswer(network.client, {
        contract: contract.address,
        entries: contract.entries,
        method,
        args: value,
        options: { agree, ...(session && { session }) },
      });
      const result = report.answer && abiValueToJson(abi.returns, report.answer.value);
      endWithTrust(output, report, {
        allowSimulated: options["allowSimulated"] === true,
        hint: "Do not use the answer. Ask another replica; a worker that does this often should be reported.",
        ...(result !== undefined && {
          more: { document: { result }, lines: [`result     ${JSON.stringify(result)}`] },
        }),
      });
    } finally {
      network.client.close();
    }
  },
};

/** Kinds whose envelope is the vendor's own document. */
const PLAIN_KINDS = ["IntelSgxDcap", "IntelTdxDcap", "AwsNitro", "ArmCca"] as const;

const verifyEvidenceFile: CommandDeclaration = {
  usage: "evidence <file>",
  docs: "Checks a file of evidence over report data that you expect, with the chain's collateral, lists and roots.",
  examples: [
    "pha verify evidence quote.bin --kind IntelTdxDcap --report-data 0x…",
    "pha verify evidence worker.evidence --report-data 0x… --json",
  ],
  options: [
    ...networkOptions,
    pinOption,
    new Option("--report-data <hex>", "64 bytes that must be bound into it").makeOptionMandatory(),
    new Option("--kind <kind>", "the file is the vendor's document, without an envelope").choices(
      PLAIN_KINDS,
    ),
  ],
  async run({ args, options, output }) {
    const expectedReportData = parseReportData(String(options["reportData"]));
    const bytes = await readEvidence(args[0] ?? "");
    const kind = PLAIN_KINDS.find((one) => one === options["kind"]);
    const network = await openNetwork(options);
    try {
      const report = await verifyShownBytes(network.client.chain, {
        evidence: kind === undefined ? bytes : evidenceEnvelope(kind, bytes),
        expectedReportData,
        ...trustOf(options),
      });
      endWithTrust(output, report, {
        allowSimulated: options["allowSimulated"] === true,
        hint: "Do not give the program that showed this evidence anything.",
      });
    } finally {
      network.client.close();
    }
  },
};

export const verifyCommands: readonly CommandDeclaration[] = [
  verifyContract,
  verifyWorker,
  verifyAnswerOf,
  verifyEvidenceFile,
  verifyVectors,
];
