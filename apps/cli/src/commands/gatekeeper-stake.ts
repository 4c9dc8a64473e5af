/** `pha gatekeeper bond|stand|nominate|candidates|…`: stake behind gatekeepers, and standing for their seats. */
import { ss58Encode } from "@pha/crypto";
import { STORAGE } from "@pha/protocol";
import { equalBytes, PhaError } from "@pha/scale";
import { type Client, SS58_PREFIX } from "@pha/sdk";
import { Option } from "commander";
import {
  type CommandContext,
  type CommandDeclaration,
  networkOptions,
} from "../program/command.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";
import { accountOf, formatPha, parsePha } from "./account.ts";
import { asRoot, readItem } from "./gatekeeper-chain.ts";

const PALLET = "PhaGatekeeperStake";
const FROM_OPTION = new Option("--from <account>", FROM).default("alice");
const MAX_TARGETS = 16;
const LABELS: Readonly<Record<string, string>> = {
  entity: "who operates it, whatever the account",
  provider: "whose premises and network it is in",
  vendor: "of the TEE, as evidence names it: intel, amd, …",
  line: "product line of the TEE, as evidence names it",
};
const MAX_TERM = 2 ** 32 - 1;

/** A command that sends one call of the signer's and waits until that is final. */
function sends(
  declaration: Pick<CommandDeclaration, "usage" | "docs" | "examples"> & {
    readonly options?: readonly Option[];
  },
  /** Throws when the arguments are none, before anything is connected to. */
  callOf: (context: CommandContext) => { readonly name: string; readonly args: unknown },
): CommandDeclaration {
  return {
    ...declaration,
    options: [...networkOptions, FROM_OPTION, ...(declaration.options ?? [])],
    async run(context) {
      const { name, args } = callOf(context);
      const { options, output } = context;
      const signer = signerOf(String(options["from"]));
      const { client } = await openNetwork(options);
      try {
        const { blockNumber } = await client.chain.submit(
          signer,
          client.chain.call(PALLET, name, args),
        );
        output.result({ account: signer.address, call: name, block: blockNumber }, [
          `${name.padEnd(8)} ${signer.address}`,
          `block    #${blockNumber} (finalized)`,
        ]);
      } finally {
        client.close();
      }
    },
  };
}

const bond = sends(
  {
    usage: "bond <amount>",
    docs: "Bonds PHA behind gatekeepers, or adds to a bond; then stand or nominate.",
    examples: ["pha gatekeeper bond 10000 --from @operator.key"],
  },
  ({ args }) => ({ name: "bond", args: { amount: parsePha(args[0] ?? "") } }),
);

const unbond = sends(
  {
    usage: "unbond <amount>",
    docs: "Takes PHA out of stake; it can be slashed until it is withdrawn, see `pha gatekeeper candidates`.",
    examples: ["pha gatekeeper unbond 100 --from @operator.key"],
  },
  ({ args }) => ({ name: "unbond", args: { amount: parsePha(args[0] ?? "") } }),
);

const withdraw = sends(
  {
    usage: "withdraw",
    docs: "Frees what has waited long enough.",
    examples: ["pha gatekeeper withdraw --from @operator.key"],
  },
  () => ({ name: "withdraw", args: {} }),
);

const stand = sends(
  {
    usage: "stand",
    docs: "Stands for election; on public chains governance must have approved the seat.",
    examples: ["pha gatekeeper stand --commission 5 --from @operator.key"],
    options: [
      new Option(
        "--commission <percent>",
        "part of the rewards that the operator keeps before they are shared",
      ).default("0"),
    ],
  },
  ({ options }) => ({ name: "stand", args: { commission: commissionOf(options["commission"]) } }),
);

const nominate = sends(
  {
    usage: "nominate <accounts...>",
    docs: `Puts a bond behind candidates, at most ${MAX_TARGETS}; it answers for what they do.`,
    examples: ["pha gatekeeper nominate alice bob --from @stash.key"],
  },
  ({ args }) => ({ name: "nominate", args: { targets: targetsOf(args) } }),
);

const chill = sends(
  {
    usage: "chill",
    docs: "Ends standing and nominating; a seat is kept to the end of its term.",
    examples: ["pha gatekeeper chill --from @operator.key"],
  },
  () => ({ name: "chill", args: {} }),
);

const payout = sends(
  {
    usage: "payout <operator> <term>",
    docs: "Pays an operator's reward for a term that is over, to it and those behind it; anybody may ask.",
    examples: ["pha gatekeeper payout alice 3"],
  },
  ({ args }) => ({
    name: "payout",
    args: { operator: accountOf(args[0] ?? ""), term: termOf(args[1]) },
  }),
);

const approve = asRoot(
  {
    usage: "approve <account>",
    docs: "Approves a seat, and says of which groups it is: none of them holds as many seats as make a key.",
    examples: [
      'pha gatekeeper approve alice --entity "Alice Ltd" --provider "House 1" --vendor intel --line intel-tdx',
    ],
    options: ["entity", "provider", "vendor", "line"].map((name) =>
      new Option(`--${name} <label>`, LABELS[name]).makeOptionMandatory(),
    ),
  },
  (args, options) => ({
    pallet: PALLET,
    name: "approve",
    args: {
      who: accountOf(args[0] ?? ""),
      approval: {
        entity: labelOf(options, "entity"),
        provider: labelOf(options, "provider"),
        vendor: labelOf(options, "vendor"),
        line: labelOf(options, "line"),
      },
    },
  }),
);

const revoke = asRoot(
  {
    usage: "revoke <account>",
    docs: "Takes an approval back: the account stands no longer, and loses its seat.",
    examples: ["pha gatekeeper revoke alice"],
  },
  ([account]) => ({ pallet: PALLET, name: "revoke", args: { who: accountOf(account ?? "") } }),
);

// What metadata says of these items; the names of their fields are the chain's.
interface Bond {
  readonly total: bigint;
  readonly active: bigint;
  readonly unbonding: readonly { readonly value: bigint; readonly at: number }[];
}
interface Approval {
  readonly entity: string;
  readonly provider: string;
  readonly vendor: string;
  readonly line: string;
}

const candidates: CommandDeclaration = {
  usage: "candidates [accounts...]",
  docs: "Shows the term, its operators and what stands behind them, and bond, role and approval of accounts, proven under a verified header.",
  examples: ["pha gatekeeper candidates", "pha gatekeeper candidates alice bob --json"],
  options: networkOptions,
  async run({ args, options, output }) {
    const named = args.filter((one) => one !== undefined).map(accountOf);
    const { client } = await openNetwork(options);
    try {
      const { chain } = client;
      const read = <T>(name: string, ...keys: unknown[]) =>
        readItem<T>(chain, PALLET, name, ...keys);
      const operators =
        (await readItem<readonly Uint8Array[]>(chain, "PhaGatekeepers", "Operators")) ?? [];
      const others = named.filter((one) => !operators.some((other) => equalBytes(other, one)));
      const seats = (await read<number>("Seats")) ?? 0;
      const term = (await read<number>("CurrentTerm")) ?? 0;
      const accounts = await Promise.all(
        [...operators, ...others].map((who) => accountFacts(chain, term, who, operators)),
      );
      const result = {
        elected: seats > 0,
        seats,
        term,
        standing: (await read<number>("CandidateCount")) ?? 0,
        nominators: (await read<number>("NominatorCount")) ?? 0,
        termReward: (await read<bigint>("TermReward")) ?? 0n,
        generation: (await chain.read(STORAGE.generation.current)) ?? 0n,
        accounts,
      };
      output.result(result, [
        seats > 0
          ? `elected     ${seats} seats, term ${term}: ${result.standing} stand, ${result.nominators} nominate`
          : "elected     no: root names the operators",
        `reward      ${formatPha(result.termReward)} PHA for the duty of a term`,
        ...accounts.flatMap(lines),
      ]);
    } finally {
      client.close();
    }
  },
};

async function accountFacts(
  chain: Client["chain"],
  term: number,
  who: Uint8Array,
  operators: readonly Uint8Array[],
) {
  const read = <T>(name: string, ...keys: unknown[]) => readItem<T>(chain, PALLET, name, ...keys);
  const held = await read<Bond>("Bonds", who);
  const candidate = await read<{ readonly commission: number }>("Candidates", who);
  const targets = await read<readonly Uint8Array[]>("Nominations", who);
  const approval = await read<Approval>("Approvals", who);
  const barred = await read<{ readonly type: string }>("Barred", who);
  const exposure = await read<{
    readonly own: bigint;
    readonly others: readonly { readonly value: bigint }[];
  }>("Exposures", term, who);
  const member = await readItem<unknown>(chain, "PhaGatekeepers", "Members", who);
  const behind = exposure?.others.reduce((sum, { value }) => sum + value, exposure.own) ?? 0n;
  return {
    address: addressOf(who),
    hasSeat: operators.some((one) => equalBytes(one, who)),
    hasGatekeeper: member !== undefined,
    role: candidate ? "candidate" : targets ? "nominator" : held ? "idle" : "none",
    bonded: held?.total ?? 0n,
    active: held?.active ?? 0n,
    unbonding: (held?.unbonding ?? []).map(({ value, at }) => ({ value, at })),
    behind,
    ...(candidate && { commission: candidate.commission }),
    targets: (targets ?? []).map(addressOf),
    ...(approval && { approval }),
    ...(barred && { barred: barred.type }),
  };
}

function lines(one: Awaited<ReturnType<typeof accountFacts>>): readonly string[] {
  const { approval } = one;
  return [
    `${one.hasSeat ? "operator   " : "account    "} ${one.address} ${one.role}${one.role === "candidate" && !one.hasGatekeeper ? ", no gatekeeper: it cannot be elected" : ""}${one.barred ? `, barred: ${one.barred}` : ""}`,
    `  bonded    ${formatPha(one.bonded)} PHA, ${formatPha(one.active)} PHA at stake, ${formatPha(one.behind)} PHA behind the seat`,
    ...one.unbonding.map(({ value, at }) => `  free      ${formatPha(value)} PHA from block ${at}`),
    ...one.targets.map((target) => `  behind    ${target}`),
    ...(approval
      ? [
          `  approved  ${approval.entity}, ${approval.provider}, ${approval.vendor}, ${approval.line}`,
        ]
      : []),
  ];
}

function addressOf(account: Uint8Array): string {
  return ss58Encode(SS58_PREFIX, account);
}

function commissionOf(option: unknown): number {
  const text = String(option);
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : 101;
  if (percent <= 100) return percent;
  throw new PhaError("usage/bad-commission", `${text} is no percentage`, {
    hint: "Give a whole number from 0 to 100.",
  });
}

function termOf(text: string | undefined): number {
  const term = /^\d{1,10}$/.test(text ?? "") ? Number(text) : MAX_TERM + 1;
  if (term <= MAX_TERM) return term;
  throw new PhaError("usage/bad-term", `${text} is no number of a term`, {
    hint: "Take it from `pha gatekeeper candidates`: rewards are those of earlier terms.",
  });
}

function targetsOf(args: CommandContext["args"]): readonly Uint8Array[] {
  const names = args.filter((name) => name !== undefined);
  if (names.length > 0 && names.length <= MAX_TARGETS) return names.map(accountOf);
  throw new PhaError(
    "usage/too-many-targets",
    `${names.length} accounts are not 1 to ${MAX_TARGETS}`,
    { hint: "Name the candidates that you trust most." },
  );
}

function labelOf(options: CommandContext["options"], name: string): string {
  const label = String(options[name] ?? "");
  const { length } = Buffer.from(label, "utf8");
  if (length > 0 && length <= 32) return label;
  throw new PhaError("usage/bad-label", `the ${name} is ${length} bytes long`, {
    hint: "A label has 1 to 32 bytes; accounts with the same one share its seats.",
  });
}

export const gatekeeperStakeCommands: readonly CommandDeclaration[] = [
  bond,
  unbond,
  withdraw,
  stand,
  nominate,
  chill,
  payout,
  candidates,
  approve,
  revoke,
];
