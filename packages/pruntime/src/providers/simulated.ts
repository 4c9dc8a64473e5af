/**
 * Simulated TEE for development chains: evidence signed by the chain's own development root, which proves nothing to
 * anybody who did not make that chain.
 */
import { readFile } from "node:fs/promises";
import { makeSimulatedEvidence } from "@pha/attestation";
import { hkdf } from "@pha/crypto";
import { concatBytes, PhaError, parseHex, utf8 } from "@pha/scale";
import type { EvidenceProvider } from "./evidence-provider.ts";

/** Content of the platform file; hex strings of 32 bytes each. */
export interface SimulatedPlatform {
  /** Seed of the development root that the chain's genesis names. */
  readonly rootSeed: string;
  /** What a CPU would keep fused in: makes platform id and sealing key. */
  readonly platformSeed: string;
  /** Digest of the pRuntime bundle that runs. */
  readonly measurement: string;
}

export async function openSimulatedProvider(file: string): Promise<EvidenceProvider> {
  const platform = await readPlatform(file);
  const platformId = hkdf(platform.platformSeed, new Uint8Array(0), utf8("platform-id"), 32);
  return {
    name: "simulated",
    kind: "Simulated",
    evidence: (reportData) =>
      Promise.resolve(
        makeSimulatedEvidence({
          rootSeed: platform.rootSeed,
          measurement: platform.measurement,
          platformId,
          reportData,
          issuedAtMs: BigInt(Date.now()),
        }),
      ),
    sealingKey: () =>
      Promise.resolve(
        hkdf(
          platform.platformSeed,
          new Uint8Array(0),
          concatBytes(utf8("sealing"), platform.measurement),
          32,
        ),
      ),
  };
}

async function readPlatform(file: string): Promise<Record<keyof SimulatedPlatform, Uint8Array>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new PhaError("provider/no-platform-file", "the simulated platform file cannot be read", {
      cause,
      hint: "Start pRuntime through `pha dev`, or give --platform FILE.",
    });
  }
  const field = (name: keyof SimulatedPlatform): Uint8Array => {
    const text =
      typeof parsed === "object" && parsed !== null && name in parsed
        ? Reflect.get(parsed, name)
        : undefined;
    const bytes = typeof text === "string" ? parseHex(text, 32) : undefined;
    if (!bytes?.ok || bytes.value.length !== 32)
      throw new PhaError("provider/bad-platform-file", `${name} is not 32 bytes of hex`, {
        hint: "Delete the devnet's data folder and start again.",
      });
    return bytes.value;
  };
  return {
    rootSeed: field("rootSeed"),
    platformSeed: field("platformSeed"),
    measurement: field("measurement"),
  };
}
