/** What the host gives pRuntime on its command line. */
import { parseArgs } from "node:util";
import { PhaError } from "@pha/scale";
import { type EvidenceProvider, openSimulatedProvider } from "../providers/index.ts";

export interface Arguments {
  /** Folder of the sealed store. */
  readonly data: string;
  /** Name of the evidence provider. */
  readonly provider: string;
  /** The provider's own file. */
  readonly platform: string;
}

/** @throws PhaError `pruntime/usage` */
export function readArguments(args: readonly string[]): Arguments {
  const { data, platform, provider } = parse(args);
  if (data === undefined || platform === undefined)
    throw usage("--data DIR and --platform FILE are missing");
  return { data, platform, provider };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: "string" },
        provider: { type: "string", default: "simulated" },
        platform: { type: "string" },
      },
    }).values;
  } catch (cause) {
    throw usage("the arguments are not those of pRuntime", cause);
  }
}

function usage(message: string, cause?: unknown): PhaError {
  return new PhaError("pruntime/usage", message, {
    hint: "Let the worker host start pRuntime; it gives both.",
    cause,
  });
}

/** @throws PhaError `provider/…` */
export async function openProvider({ provider, platform }: Arguments): Promise<EvidenceProvider> {
  if (provider === "simulated") return openSimulatedProvider(platform);
  throw new PhaError("provider/unknown", `there is no evidence provider ${provider}`, {
    facts: { provider },
    hint: "This release knows the provider `simulated` only.",
  });
}
