/** The confidential genesis of a development chain: hex and files of the configuration become bytes. */
import { readFile } from "node:fs/promises";
import type { DevelopmentOptions } from "@pha/runtime";
import { fromHex, PhaError } from "@pha/scale";
import type { DevnetConfig } from "./config.ts";

/** @throws PhaError `config/no-artefact` */
export async function readDevnet(
  config: DevnetConfig,
): Promise<NonNullable<DevelopmentOptions["devnet"]>> {
  const contracts = await Promise.all(
    config.contracts.map(async ({ name, file }) => ({ name, artefact: await readArtefact(file) })),
  );
  return {
    simulatedRoot: fromHex(config.simulatedRoot),
    measurement: fromHex(config.measurement),
    contracts,
    ...(config.workers !== undefined && { workers: config.workers }),
    ...(config.gatekeeperOperators && { gatekeeperOperators: config.gatekeeperOperators }),
  };
}

async function readArtefact(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    throw new PhaError("config/no-artefact", "a contract's artefact cannot be read", {
      facts: { file },
      hint: "build it with `pha build`, or take it out of the configuration",
      cause,
    });
  }
}
