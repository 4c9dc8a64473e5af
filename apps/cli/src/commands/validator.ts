/** `pha validator …`: stake behind validators, and standing for election. */
import { ss58Encode } from "@pha/crypto";
import { PhaError } from "@pha/scale";
import { type Client, SS58_PREFIX } from "@pha/sdk";
import { Option } from "commander";
import {
  type CommandContext,
  type CommandDeclaration,
  networkOptions,
} from "../program/command.ts";
import { FROM, openNetwork, signerOf } from "../program/network.ts";
import { accountOf, formatPha, parsePha } from "./account.ts";

const FROM_OPTION = new Option("--from <account>", FROM).default("alice");
const BILLION = 1_000_000_000n;
const MAX_TARGETS = 16;

interface StakingCall {
  readonly name: string;
  readonly args: unknown;
  /** What it did, for people. */
  readonly says: string;
}

/** A command that sends one call of Staking and waits until that is final. */
function staking(
  declaration: Pick<CommandDeclaration, "usage" | "docs" | "examples"> & {
    readonly options?: readonly Option[];
  },
  callOf: (context: CommandContext, client: Client) => StakingCall | Promise<StakingCall>,
  /** Throws when the arguments are none, before anything is connected to. */
  check: (context: CommandContext) => void = () => undefined,
): CommandDeclaration {
  return {
    ...declaration,
    options: [...networkOptions, FROM_OPTION, ...(declaration.options ?? [])],
    async run(context) {
      check(context);
      const { options, output } = context;
      const signer = signerOf(String(options["from"]));
      const { client } = await openNetwork(options);
      try {
        const { name, args, says } = await callOf(context, client);
        const call = client.chain.call("Staking", name, args);
        const { blockNumber } = await client.chain.submit(signer, call);
        output.result({ account: signer.address, call: name, block: blockNumber }, [
          `${says.padEnd(8)} ${signer.address}`,
          `block    #${blockNumber} (finalized)`,
        ]);
      } finally {
        client.close();
      }
    },
  };
}

const amountOf = ({ args }: CommandContext): bigint => parsePha(args[0] ?? "");

const bond = staking(
  {
    usage: "bond <amount>",
    docs: "Bonds PHA, or adds to a bond; rewards go to the bond.",
    examples: ["pha validator bond 10000 --from @stash.key"],
  },
  async (context, { chain }) => {
    const value = amountOf(context);
    const { publicKey } = signerOf(String(context.options["from"]));
    const isBonded = (await readItem(chain, "Bonded", publicKey)) !== undefined;
    return isBonded
      ? { name: "bond_extra", args: { max_additional: value }, says: "bonded" }
      : {
          name: "bond",
          args: { value, payee: { type: "Staked", value: undefined } },
          says: "bonded",
        };
  },
  amountOf,
);

const validate = staking(
  {
    usage: "validate",
    docs: "Stands for election; set session keys first, see `pha key rotate`.",
    examples: ["pha validator validate --commission 5 --from @stash.key"],
    options: [
      new Option("--commission <percent>", "part of the rewards that the validator keeps").default(
        "0",
      ),
      new Option("--blocked", "take no new nominations"),
    ],
  },
  (context) => ({
    name: "validate",
    args: {
      prefs: {
        commission: Number(commissionOf(context)),
        blocked: context.options["blocked"] === true,
      },
    },
    says: "stands",
  }),
  commissionOf,
);

const nominate = staking(
  {
    usage: "nominate <accounts...>",
    docs: `Puts a bond behind validators, at most ${MAX_TARGETS}.`,
    examples: ["pha validator nominate alice bob --from @stash.key"],
  },
  (context) => ({
    name: "nominate",
    args: { targets: targetsOf(context).map((value) => ({ type: "Id", value })) },
    says: "nominates",
  }),
  targetsOf,
);

const chill = staking(
  {
    usage: "chill",
    docs: "Ends validating and nominating from the next election on.",
    examples: ["pha validator chill --from @stash.key"],
  },
  () => ({ name: "chill", args: {}, says: "chilled" }),
);

const unbond = staking(
  {
    usage: "unbond <amount>",
    docs: "Begins to unlock a part of a bond; `status` shows when it can be withdrawn.",
    examples: ["pha validator unbond 10 --from @stash.key"],
  },
  (context) => ({ name: "unbond", args: { value: amountOf(context) }, says: "unbonds" }),
  amountOf,
);

const withdraw = staking(
  {
    usage: "withdraw",
    docs: "Frees what is unlocked.",
    examples: ["pha validator withdraw --from @stash.key"],
  },
  async (context, { chain }) => {
    const { publicKey } = signerOf(String(context.options["from"]));
    // Absent: nobody slashed the account.
    const spans = (await readItem(chain, "SlashingSpans", publicKey)) as
      | { readonly prior?: readonly unknown[] }
      | undefined;
    const numSlashingSpans = spans === undefined ? 0 : (spans.prior?.length ?? 0) + 1;
    return {
      name: "withdraw_unbonded",
      args: { num_slashing_spans: numSlashingSpans },
      says: "withdrew",
    };
  },
);

interface Ledger {
  readonly total: bigint;
  readonly active: bigint;
  readonly unlocking: readonly { readonly value: bigint; readonly era: number }[];
}

const status: CommandDeclaration = {
  usage: "status <account>",
  docs: "Shows bond, role and session keys of an account, proven under a verified header.",
  examples: ["pha validator status alice", "pha validator status my-address --json"],
  options: networkOptions,
  async run({ args, options, output }) {
    const account = accountOf(args[0] ?? "");
    const { client } = await openNetwork(options);
    try {
      const { chain } = client;
      // Read by codecs made of the chain's metadata, which names these fields.
      const ledger = (await readItem(chain, "Ledger", account)) as Ledger | undefined;
      const prefs = (await readItem(chain, "Validators", account)) as
        | { readonly commission: bigint | number; readonly blocked: boolean }
        | undefined;
      // The same.
      const nominations = (await readItem(chain, "Nominators", account)) as
        | { readonly targets: readonly Uint8Array[] }
        | undefined;
      const keys = await readItem(chain, "NextKeys", account, "Session");
      const role = prefs ? "validator" : nominations ? "nominator" : ledger ? "idle" : "none";
      const targets = (nominations?.targets ?? []).map(addressOf);
      output.result(
        {
          address: addressOf(account),
          role,
          total: ledger?.total ?? 0n,
          active: ledger?.active ?? 0n,
          unlocking: ledger?.unlocking ?? [],
          ...(prefs && { commission: Number(prefs.commission), blocked: prefs.blocked }),
          targets,
          hasKeys: keys !== undefined,
        },
        [
          `account  ${addressOf(account)}`,
          `role     ${role}`,
          `bonded   ${formatPha(ledger?.total ?? 0n)} PHA, ${formatPha(ledger?.active ?? 0n)} PHA at stake`,
          ...(ledger?.unlocking ?? []).map(
            ({ value, era }) => `unlocks  ${formatPha(value)} PHA in era ${era}`,
          ),
          ...targets.map((target) => `behind   ${target}`),
          `keys     ${keys === undefined ? "not set; see `pha key rotate`" : "set"}`,
        ],
      );
    } finally {
      client.close();
    }
  },
};

function addressOf(account: Uint8Array): string {
  return ss58Encode(SS58_PREFIX, account);
}

export function readItem(
  chain: Client["chain"],
  name: string,
  account: Uint8Array,
  pallet = "Staking",
): Promise<unknown> {
  const item = chain.metadata.storage(pallet, name);
  if (item === undefined)
    throw new PhaError("chain/no-staking", `the chain has no ${pallet}.${name}`, {
      hint: "Connect to a chain whose validators are elected.",
    });
  return chain.read({ key: item.key(account), value: item.value });
}

function commissionOf({ options }: CommandContext): bigint {
  const text = String(options["commission"]);
  const [, whole, decimals = ""] = /^(\d{1,3})(?:\.(\d{1,7}))?$/.exec(text) ?? [];
  const parts =
    whole === undefined
      ? BILLION + 1n
      : BigInt(whole) * 10_000_000n + BigInt(decimals.padEnd(7, "0"));
  if (parts <= BILLION) return parts;
  throw new PhaError("usage/bad-commission", `${text} is no percentage`, {
    hint: "Give a number from 0 to 100 with at most 7 decimals, for example 2.5.",
  });
}

function targetsOf({ args }: CommandContext): readonly Uint8Array[] {
  const names = args.filter((name) => name !== undefined);
  if (names.length > 0 && names.length <= MAX_TARGETS) return names.map(accountOf);
  throw new PhaError(
    "usage/too-many-targets",
    `${names.length} accounts are not 1 to ${MAX_TARGETS}`,
    {
      hint: "Name the validators that you trust most.",
    },
  );
}

export const validatorCommands: readonly CommandDeclaration[] = [
  bond,
  validate,
  nominate,
  chill,
  unbond,
  withdraw,
  status,
];
