/** What a pRuntime takes from the genesis block, whose state proves it: the first voters, and what never changes. */
import { decodeHeader, type LightClientState, startFromGenesis } from "@pha/consensus";
import { type ReleaseRules, STORAGE } from "@pha/protocol";
import { decode, fail, ok, type Result } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { StartInput } from "./inputs.ts";

export type GenesisError = {
  readonly code:
    | "start/malformed-genesis"
    | "start/bad-genesis-proof"
    | "start/no-authorities"
    | "start/no-preset"
    | "start/no-release-rules";
};

export interface Genesis {
  readonly light: LightClientState;
  /** Preset `sealed-shares`: the chain's word, for the host cannot be asked. */
  readonly sealedShares: boolean;
  /** What gatekeepers begin with; absent on a chain that names none. */
  readonly releaseRules: ReleaseRules | undefined;
}

export function readGenesis(
  input: Pick<StartInput, "genesisHeader" | "genesisProof">,
): Result<Genesis, GenesisError> {
  const header = decodeHeader(input.genesisHeader);
  if (!header.ok || header.value.number !== 0) return fail({ code: "start/malformed-genesis" });
  const view = verifyProof({ root: header.value.stateRoot, proof: input.genesisProof });
  if (!view.ok) return fail({ code: "start/bad-genesis-proof" });
  const bytes = view.value.get(STORAGE.grandpaAuthorities.key);
  if (!bytes.ok || bytes.value === undefined) return fail({ code: "start/no-authorities" });
  const authorities = decode(STORAGE.grandpaAuthorities.value, bytes.value);
  if (!authorities.ok || authorities.value.length === 0)
    return fail({ code: "start/no-authorities" });
  // A proof that leaves the preset out must not pass for its absence.
  const preset = view.value.get(STORAGE.sealedShares.key);
  if (!preset.ok) return fail({ code: "start/no-preset" });
  const rules = view.value.get(STORAGE.releaseRules.key);
  if (!rules.ok) return fail({ code: "start/no-release-rules" });
  const releaseRules = rules.value && decode(STORAGE.releaseRules.value, rules.value.slice());
  if (releaseRules?.ok === false) return fail({ code: "start/no-release-rules" });
  const sealedShares = preset.value && decode(STORAGE.sealedShares.value, preset.value);
  return ok({
    light: startFromGenesis({
      genesisHeader: header.value,
      set: {
        setId: 0n,
        authorities: authorities.value.map(([key, weight]) => ({ key: key.slice(), weight })),
      },
    }),
    sealedShares: sealedShares?.ok === true && sealedShares.value,
    releaseRules: releaseRules?.value,
  });
}
