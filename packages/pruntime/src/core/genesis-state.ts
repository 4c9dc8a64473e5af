/** Where a pRuntime begins that has no checkpoint: the voters that the genesis header's state proves. */
import { decodeHeader, type LightClientState, startFromGenesis } from "@pha/consensus";
import { STORAGE } from "@pha/protocol";
import { decode, fail, ok, type Result } from "@pha/scale";
import { verifyProof } from "@pha/state";
import type { StartInput } from "./inputs.ts";

export type GenesisError = {
  readonly code: "start/malformed-genesis" | "start/bad-genesis-proof" | "start/no-authorities";
};

export function genesisState(
  input: Pick<StartInput, "genesisHeader" | "genesisProof">,
): Result<LightClientState, GenesisError> {
  const header = decodeHeader(input.genesisHeader);
  if (!header.ok || header.value.number !== 0) return fail({ code: "start/malformed-genesis" });
  const view = verifyProof({ root: header.value.stateRoot, proof: input.genesisProof });
  if (!view.ok) return fail({ code: "start/bad-genesis-proof" });
  const bytes = view.value.get(STORAGE.grandpaAuthorities.key);
  if (!bytes.ok || bytes.value === undefined) return fail({ code: "start/no-authorities" });
  const authorities = decode(STORAGE.grandpaAuthorities.value, bytes.value);
  if (!authorities.ok || authorities.value.length === 0)
    return fail({ code: "start/no-authorities" });
  return ok(
    startFromGenesis({
      genesisHeader: header.value,
      set: {
        setId: 0n,
        authorities: authorities.value.map(([key, weight]) => ({ key: key.slice(), weight })),
      },
    }),
  );
}
