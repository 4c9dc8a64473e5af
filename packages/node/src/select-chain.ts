/** The chain that an operator names: a preset, or the file of a raw chain spec. */
import { readFileSync } from "node:fs";
import type { SignatureVerifier } from "@pha/frame";
import { PhaError } from "@pha/scale";
import { readChainSpec } from "./chain-spec-file.ts";
import type { NodeConfig } from "./config.ts";
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
