/** The first voters of a chain, as its genesis state names them. */
import { Authorities, type AuthoritySet } from "@pha/consensus";
import { STORAGE } from "@pha/protocol";
import { decode, equalBytes, PhaError } from "@pha/scale";
import type { ChainSpec } from "../chain-spec.ts";

/** @throws PhaError `chain-spec/no-voters` */
export function genesisAuthoritySet({ genesis }: ChainSpec): AuthoritySet {
  const { key } = STORAGE.grandpaAuthorities;
  const stored = genesis.find(([candidate]) => equalBytes(candidate, key))?.[1];
  const authorities = stored && decode(Authorities, stored);
  if (authorities?.ok) return { setId: 0n, authorities: authorities.value };
  throw new PhaError("chain-spec/no-voters", "the genesis state names no GRANDPA authorities", {
    hint: "give the chain spec a Grandpa.Authorities entry",
  });
}
