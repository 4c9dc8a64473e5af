/** What the host gives pRuntime on its command line. */
import { parseArgs } from "node:util";
import { PhaError } from "@pha/scale";

export interface Arguments {
  /** Folder of the sealed store. */
  readonly data: string;
  /** Name of the evidence provider; `auto` takes the one that is there. */
  readonly provider: string;
  /** The provider's own file. */
  readonly platform: string | undefined;
}

/** Whether the version is asked for, and nothing else. */
export function asksVersion(args: readonly string[]): boolean {
  return args.length === 1 && args[0] === "--version";
}

/** @throws PhaError `pruntime/usage` */
export function readArguments(args: readonly string[]): Arguments {
  const { data, platform, provider } = parse(args);
  if (data === undefined) throw usage("--data DIR is missing");
  if (provider === "simulated" && platform === undefined)
    throw usage("--platform FILE is missing, which the simulated provider needs");
  return { data, platform, provider };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        data: { type: "string" },
        provider: { type: "string", default: "auto" },
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
