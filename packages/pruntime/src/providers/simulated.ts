/**
 * Simulated TEE for development chains: evidence signed by the chain's own development root, which proves nothing to
 * anybody who did not make that chain.
 */
import { readFile } from "node:fs/promises";
import {
  deriveSimulatedRoot,
  makeSimulatedEvidence,
  SIMULATED_LINES,
  type SimulatedLine,
  simulatedMeasurement,
} from "@pha/attestation";
import { hkdf } from "@pha/crypto";
import { concatBytes, PhaError, parseHex, utf8 } from "@pha/scale";
import type { EvidenceProvider } from "./evidence-provider.ts";

/** Content of the platform file; hex strings of 32 bytes each. */
export interface SimulatedPlatform {
  /** Seed of the development root that the chain's genesis names. */
  readonly rootSeed: string;
  /** What a CPU would keep fused in: makes platform id and sealing key. */
  readonly platformSeed: string;
  /** The maker that it plays. @default "simulated" */
  readonly line?: string;
}

/**
 * The program is measured as a CPU would measure it; the file has no say in it. The sealing key hangs on platform and
 * development root, as keys do that hang on a program's signer: a newer version opens what an older one sealed.
 *
 * @param program files that run, pRuntime's script first
 */
export async function openSimulatedProvider(
  file: string,
  program: readonly string[],
): Promise<EvidenceProvider> {
  const platform = await readPlatform(file);
  const platformId = hkdf(platform.platformSeed, new Uint8Array(0), utf8("platform-id"), 32);
  const measurement = simulatedMeasurement(await Promise.all(program.map(readProgram)));
  return {
    name: "simulated",
    kind: "Simulated",
    evidence: (reportData) =>
      Promise.resolve(
        makeSimulatedEvidence({
          rootSeed: platform.rootSeed,
          measurement,
          platformId,
          line: platform.line,
          reportData,
          issuedAtMs: BigInt(Date.now()),
        }),
      ),
    sealingKey: () =>
      Promise.resolve(
        hkdf(
          platform.platformSeed,
          new Uint8Array(0),
          concatBytes(utf8("sealing"), deriveSimulatedRoot(platform.rootSeed)),
          32,
        ),
      ),
  };
}

async function readProgram(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new PhaError("provider/no-program", "a file of the program cannot be measured", {
      cause,
      facts: { path },
      hint: "pRuntime's script and engine.js lie in one folder; put both there again.",
    });
  }
}

interface Platform {
  readonly rootSeed: Uint8Array;
  readonly platformSeed: Uint8Array;
  readonly line: SimulatedLine;
}

async function readPlatform(file: string): Promise<Platform> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new PhaError("provider/no-platform-file", "the simulated platform file cannot be read", {
      cause,
      hint: "Start pRuntime through `pha dev`, or give --platform FILE.",
    });
  }
  const entryOf = (name: keyof SimulatedPlatform): unknown =>
    typeof parsed === "object" && parsed !== null && name in parsed
      ? Reflect.get(parsed, name)
      : undefined;
  const field = (name: "rootSeed" | "platformSeed"): Uint8Array => {
    const text = entryOf(name);
    const bytes = typeof text === "string" ? parseHex(text, 32) : undefined;
    if (!bytes?.ok || bytes.value.length !== 32)
      throw new PhaError("provider/bad-platform-file", `${name} is not 32 bytes of hex`, {
        hint: "Delete the devnet's data folder and start again.",
      });
    return bytes.value;
  };
  const named = entryOf("line") ?? "simulated";
  const line = SIMULATED_LINES.find((one) => one === named);
  if (line === undefined)
    throw new PhaError("provider/bad-platform-file", "line is no line of simulated platforms", {
      hint: `It is one of ${SIMULATED_LINES.join(", ")}.`,
    });
  return { rootSeed: field("rootSeed"), platformSeed: field("platformSeed"), line };
}
