/** The chain that an operator names: a preset, or the file of a raw chain spec. */
import { readFileSync } from "node:fs";
import type { SignatureVerifier } from "@pha/frame";
import { PhaError } from "@pha/scale";
import { readChainSpec } from "./chain-spec-file.ts";
import type { NodeConfig } from "./config.ts";
import type { Pruning } from "./database/pruning.ts";
import { type NodeChain, openChain } from "./open-chain.ts";
import { PRESETS, type PresetName, type PresetTransition } from "./plain-spec.ts";
import { developmentChain, localSpec } from "./preset-chain.ts";
import { readDevnet } from "./read-devnet.ts";

/** Bundle of a preset's state transition, beside a program in `folder`. */
export function transitionsIn(folder: URL): PresetTransition {
  return (preset: PresetName) => {
    const file = new URL(`./runtime-${preset}.js`, folder);
    try {
      return new Uint8Array(readFileSync(file));
    } catch (cause) {
      throw new PhaError("config/no-transition", "a state transition of this program is missing", {
        facts: { file: file.pathname },
        hint: "remove the folder dist and start again; it is built from the sources",
        cause,
      });
    }
  };
}

/** Final blocks that keep their states on a public network, as Substrate's nodes do. */
const PUBLIC_PRUNING = 256;

/**
 * What a new database of a chain keeps. The presets run on one machine with pRuntimes, tests and tools beside them that
 * read any block; who runs a worker host on a public network says `archive`.
 */
export function defaultPruning(chain: string): Pruning {
  return chain === "dev" || chain === "local" ? "archive" : PUBLIC_PRUNING;
}

export interface SelectedChain extends NodeChain {
  /** Of the chain spec. */
  readonly bootNodes: readonly string[];
}

/** @throws PhaError `config/…`, `chain-spec/…` */
export async function selectChain(
  config: Pick<NodeConfig, "chain" | "devnet">,
  transition: PresetTransition,
  verifySignature: SignatureVerifier,
): Promise<SelectedChain> {
  const { chain, devnet } = config;
  if (chain === "dev")
    return {
      ...developmentChain({
        verifySignature,
        transition: transition("dev"),
        ...(devnet === undefined ? {} : { devnet: await readDevnet(devnet) }),
      }),
      bootNodes: [],
    };
  if (chain === "local") {
    const own = transition("local");
    return {
      ...openChain(localSpec(own), { transitions: [own], verifySignature }),
      bootNodes: [],
    };
  }
  const { spec, bootNodes } = readChainSpec(chain);
  const transitions = PRESETS.map(transition);
  return { ...openChain(spec, { transitions, verifySignature }), bootNodes };
}
