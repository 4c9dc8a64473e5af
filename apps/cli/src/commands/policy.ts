/** `pha policy …`: which programs may serve, and what root says about it. */
import { ATTESTATION_STORAGE } from "@pha/attestation";
import {
  itemKey,
  type ProgramVersion,
  packVersion,
  parseVersion,
  STORAGE,
  versionText,
} from "@pha/protocol";
import { PhaError, parseHex, toHex } from "@pha/scale";
import { Option } from "commander";
import { type CommandDeclaration, networkOptions } from "../program/command.ts";
import { mapEntries } from "../program/map-entries.ts";
import { measureProgram, programFiles } from "../program/measure-program.ts";
import { openNetwork } from "../program/network.ts";
import { asRoot, readItem } from "./gatekeeper-chain.ts";

const MAX_GRACE = 201_600;

interface VersionChange {
  readonly suspend_from: number | undefined;
  readonly lowered: { readonly version: ProgramVersion; readonly since: number } | undefined;
}

const show: CommandDeclaration = {
  usage: "show",
  docs: "Shows allow-listed programs, the least version, product lines and whether admissions are open, proven under a verified header.",
  examples: ["pha policy show", "pha policy show --json"],
  options: networkOptions,
  async run({ options, output }) {
    const { client } = await openNetwork(options);
    try {
      const { chain } = client;
      const head = chain.finality.head.number;
      const policy = await chain.read(ATTESTATION_STORAGE.policy);
      const pending = await readItem<{ readonly since: number }>(
        chain,
        "PhaAttestation",
        "PendingPolicy",
      );
      const least = await readItem<ProgramVersion>(
        chain,
        "PhalaRegistry",
        "MinimumPRuntimeVersion",
      );
      const change = await readItem<VersionChange>(chain, "PhalaRegistry", "VersionChange");
      const frozenSince = await readItem<number>(chain, "PhalaRegistry", "FrozenSince");
      const rules = await chain.read(STORAGE.releaseRules);
      const { entries: listed } = await mapEntries(chain, {
        prefix: itemKey("PhaAttestation", "Measurements"),
        value: STORAGE.measurement.value,
      });
      const measurements = listed.map(({ name, value: since }) => ({
        measurement: name,
        since,
        counts: since <= head,
      }));
      const lines = (policy?.lines ?? []).map(({ line }) => line);
      const version = textOf(least ?? [0, 0, 0]);
      output.result(
        {
          block: head,
          delay: rules?.looseningDelay,
          measurements,
          minimumVersion: version,
          suspendFrom: change?.suspend_from,
          lowered: change?.lowered && {
            version: textOf(change.lowered.version),
            since: change.lowered.since,
          },
          lines,
          pendingPolicy: pending && { since: pending.since },
          frozenSince,
        },
        [
          `delay       ${rules?.looseningDelay ?? "?"} blocks for what loosens, counted by chain and gatekeepers`,
          ...measurements.map(
            ({ measurement, since, counts }) =>
              `program     ${toHex(measurement)} ${counts ? `since block ${since}` : `counts from block ${since}`}`,
          ),
          `version     ${version} at least${change?.suspend_from === undefined ? "" : `; older ones are suspended from block ${change.suspend_from}`}`,
          ...(change?.lowered
            ? [
                `lowered     to ${textOf(change.lowered.version)} from block ${change.lowered.since}`,
              ]
            : []),
          `lines       ${lines.join(", ") || "none"}`,
          ...(pending ? [`announced   a looser policy from block ${pending.since}`] : []),
          `admissions  ${frozenSince === undefined ? "open" : `FROZEN since block ${frozenSince}`}`,
        ],
      );
    } finally {
      client.close();
    }
  },
};

function textOf(version: ProgramVersion): string {
  const packed = packVersion(version);
  return packed.ok ? versionText(packed.value) : version.join(".");
}

const measure: CommandDeclaration = {
  usage: "measure <program>",
  docs: "Prints what a SIMULATED platform measures of a pRuntime: its script and engine.js beside it. Real platforms measure images; take that from the release.",
  examples: ["pha policy measure dist/pruntime.js"],
  async run({ args: [program], output }) {
    const measurement = await measureProgram(programFiles(program ?? ""));
    output.result({ measurement, simulated: true }, [`${toHex(measurement)}  SIMULATED platforms`]);
  },
};

const allow = asRoot(
  {
    usage: "allow <measurement>",
    docs: "Allows a program after the delay.",
    examples: [`pha policy allow 0x${"0".repeat(64)}`],
  },
  ([text]) => ({
    pallet: "PhaAttestation",
    name: "add_measurement",
    args: { measurement: measurementOf(text ?? "") },
  }),
  "pha policy show",
);

const withdraw = asRoot(
  {
    usage: "withdraw <measurement>",
    docs: "Stops allowing a program, at once: workers that run it are suspended.",
    examples: [`pha policy withdraw 0x${"0".repeat(64)}`],
  },
  ([text]) => ({
    pallet: "PhaAttestation",
    name: "remove_measurement",
    args: { measurement: measurementOf(text ?? "") },
  }),
  "pha policy show",
);

const minVersion = asRoot(
  {
    usage: "min-version <version>",
    docs: "Names the least version of pRuntime: older ones get no leases and keys any more at once, and are suspended after the grace. A lower one than before counts after the delay.",
    examples: ["pha policy min-version 0.2.0 --grace 600"],
    options: [
      new Option(
        "--grace <blocks>",
        `blocks until older ones are suspended, at most ${MAX_GRACE}`,
      ).default("600"),
    ],
  },
  ([text], options) => ({
    pallet: "PhalaRegistry",
    name: "set_minimum_pruntime_version",
    args: { version: versionOf(text ?? ""), grace: graceOf(String(options["grace"])) },
  }),
  "pha policy show",
);

const freeze = asRoot(
  {
    usage: "freeze",
    docs: "Admits nobody any more who is not here already.",
    examples: ["pha policy freeze"],
  },
  () => ({ pallet: "PhalaRegistry", name: "freeze_admissions", args: {} }),
  "pha policy show",
);

const resume = asRoot(
  { usage: "resume", docs: "Opens admissions again.", examples: ["pha policy resume"] },
  () => ({ pallet: "PhalaRegistry", name: "resume_admissions", args: {} }),
  "pha policy show",
);

/** @throws PhaError `usage/bad-measurement` */
export function measurementOf(text: string): Uint8Array {
  const parsed = parseHex(text, 32);
  if (parsed.ok && parsed.value.length === 32) return parsed.value;
  throw new PhaError("usage/bad-measurement", "a measurement is 32 bytes of hex", {
    hint: "Take it from the release, or from `pha policy measure` for SIMULATED platforms: 0x and 64 digits.",
  });
}

/** @throws PhaError `usage/bad-version` */
export function versionOf(text: string): ProgramVersion {
  const version = parseVersion(text);
  if (version.ok) return version.value;
  throw new PhaError("usage/bad-version", `${text} is no version of pRuntime`, {
    hint: "Write three numbers with dots between them, such as 1.2.3; the last two are below 256.",
  });
}

function graceOf(text: string): number {
  const blocks = Number(text);
  if (/^\d+$/.test(text) && blocks <= MAX_GRACE) return blocks;
  throw new PhaError("usage/bad-number", `--grace ${text} is no number of blocks`, {
    hint: `Give a number from 0 to ${MAX_GRACE}.`,
  });
}

export const policyCommands: readonly CommandDeclaration[] = [
  show,
  measure,
  allow,
  withdraw,
  minVersion,
  freeze,
  resume,
];
