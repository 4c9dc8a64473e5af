/** `pha query`: a private read, answered by one attested replica and verified here. */
import { type AbiEntry, abiValueToJson } from "@pha/contract";
import { STORAGE } from "@pha/protocol";
import { PhaError, toHex } from "@pha/scale";
import { createSession } from "@pha/sdk";
import { Option } from "commander";
import { argumentsOf } from "../program/arguments.ts";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { contractOf, type NamedContract, tellAudited } from "../program/contract.ts";
import { trustOf } from "../program/evidence-file.ts";
import { FROM, type Network, openNetwork, signerOf, timeoutOf } from "../program/network.ts";
import { newFile } from "../program/new-file.ts";
import { type RaTlsWorker, raTlsOption, raTlsWorker } from "../program/ra-tls-worker.ts";
import { fieldLine, shownField } from "../program/shown-field.ts";

export const query: CommandDeclaration = {
  usage: "query <contract> <query> [args]",
  docs: "Asks a replica privately; the answer is checked against the chain in this program.",
  examples: [
    "pha query counter value --from alice",
    "pha query counter total --from alice --agree 2",
    "pha query counter value --lease-alone --json",
    "pha query counter openValue --receipt own.receipt",
    "pha query counter value --answer value.receipt",
    "pha query counter value --ra-tls 127.0.0.1:9443",
  ],
  options: [
    ...networkOptions,
    new Option("--from <account>", FROM).default("alice"),
    new Option("--anonymous", "ask in nobody's name"),
    new Option(
      "--lease-alone",
      "do not verify finality: trust the node, the replica's lease and this machine's clock to 10 s",
    ),
    raTlsOption,
    new Option("--agree <n>", "as many replicas must give the same answer").default("1"),
    new Option(
      "--receipt <file>",
      "new file for a receipt: a proof of the entries that the contract opens, for whoever has it",
    ).conflicts("answer"),
    new Option(
      "--answer <file>",
      "new file for a receipt of question and answer as a whole, for whoever has it",
    ),
  ],
  async run({ args, options, output }) {
    const [contractName = "", method = "", text] = args;
    const agree = agreeOf(options["agree"]);
    const raTls = raTlsOf(options, agree);
    const receiptFile = options["receipt"] ?? options["answer"];
    // Taken before a connection that a refusal would leave open.
    const file = typeof receiptFile === "string" ? await newFile(receiptFile) : undefined;
    let network: Network | undefined;
    try {
      network = await openNetwork(options, raTls && [raTls.worker]);
      const contract = await contractOf(network, contractName);
      if (raTls !== undefined) await openRaTls(raTls, network, contract.cluster, options);
      tellAudited(contract, output);
      const entry = entryOf(contract, method, "query");
      const value = await argumentsOf(entry.abi, text);
      const session =
        options["anonymous"] === true
          ? undefined
          : await createSession(network.client.chain, {
              signer: signerOf(String(options["from"])),
              scopes: [{ contract: contract.address, methods: undefined }],
              purpose: `pha query ${contractName} ${method}`,
            });
      const answer = await contract.handle.query(method, value, {
        agree,
        ...(session && { session }),
        ...(file && { receipt: options["answer"] === undefined ? true : "answer" }),
      });
      if (file && answer.receipt) await file.write(answer.receipt);
      const result = abiValueToJson(entry.abi.returns, answer.value);
      const opened = answer.opened.map((one) => shownField(one, contract.artefact));
      output.result(
        {
          result,
          block: answer.blockNumber,
          stateBlock: answer.stateBlock.number,
          root: answer.root,
          boot: answer.boot,
          cluster: answer.standing,
          agreed: answer.agreed,
          freshness: answer.freshness,
          fuelUsed: answer.fuelUsed,
          ...(answer.opened.length > 0 && { opened }),
          ...(answer.receipt && { receiptBytes: answer.receipt.length }),
        },
        [
          `result     ${JSON.stringify(result)}`,
          `state      of block #${answer.stateBlock.number}, root ${toHex(answer.root).slice(0, 18)}… final by majority`,
          `answered   at block #${answer.blockNumber} by boot ${toHex(answer.boot).slice(0, 18)}… (${answer.agreed === 1 ? "one TEE" : `${answer.agreed} TEEs alike`}, SIMULATED on devnets)`,
          ...opened.map((one) => `opened     ${fieldLine(one)}`),
          ...(answer.receipt
            ? [`receipt    ${answer.receipt.length} bytes in ${receiptFile}`]
            : []),
          ...(answer.freshness.by === "light-client"
            ? []
            : [
                `! NOT VERIFIED: finality is the node's word; the answer is no older than the replica's lease, if this machine's clock is right to ${answer.freshness.clockErrorMs / 1000} s`,
              ]),
          ...(answer.standing === "Live"
            ? []
            : [
                `! the cluster is ${answer.standing.toUpperCase()}: this is its last final state, and it takes no commands`,
              ]),
        ],
      );
    } finally {
      raTls?.close();
      network?.client.close();
      await file?.end();
    }
  },
};

/** One connection is one worker: others cannot agree with it. */
function raTlsOf(options: Readonly<Record<string, unknown>>, agree: number) {
  const { raTls, timeout } = options;
  if (typeof raTls !== "string") return undefined;
  if (agree > 1)
    throw new PhaError("usage/one-worker", "--ra-tls asks one worker, and --agree several", {
      hint: "Leave one of them out.",
    });
  return raTlsWorker(raTls, timeoutOf(String(timeout)));
}

async function openRaTls(
  raTls: RaTlsWorker,
  { client }: Network,
  cluster: Uint8Array,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const record = await client.chain.read({
    key: STORAGE.cluster.key(cluster),
    value: STORAGE.cluster.value,
  });
  const identities = (record?.replicas ?? []).map(({ identity }) => identity);
  await raTls.open(client, { identities, ...trustOf(options) });
}

/** Entry of the ABI, or an error that lists what there is. */
export function entryOf(
  contract: NamedContract,
  name: string,
  kind: "command" | "query",
): { readonly abi: AbiEntry } {
  const found = contract.entries[name];
  if (found?.kind === kind) return found;
  const names = Object.entries(contract.entries)
    .filter(([, entry]) => entry.kind === kind)
    .map(([known]) => known);
  throw new PhaError("abi/unknown-method", `the contract has no ${kind} ${name}`, {
    facts: { method: name },
    hint: `It has: ${names.join(", ") || "none"}.`,
  });
}

export function agreeOf(value: unknown): number {
  const agree = Number(value);
  if (Number.isInteger(agree) && agree >= 1 && agree <= 15) return agree;
  throw new PhaError("usage/bad-number", `--agree ${String(value)} is no number of replicas`, {
    hint: "Give a whole number from 1 to 15.",
  });
}
