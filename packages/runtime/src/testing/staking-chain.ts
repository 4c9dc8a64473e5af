/** A chain with several validators for tests of staking: calls without fees, eras without blocks. */
import { ownershipStatement } from "@pha/consensus";
import { ed25519Sign, pairFromUri, sr25519Sign } from "@pha/crypto";
import {
  type AccountId,
  addressOf,
  type Call,
  type DispatchError,
  type Origin,
  ROOT,
  signedBy,
} from "@pha/frame";
import { assert, concatBytes } from "@pha/scale";
import { Balances } from "../balances/index.ts";
import { developmentPreset, LOCAL_AUTHORITIES } from "../presets.ts";
import { rotateSession, type SessionKeys } from "../session/index.ts";
import { Staking } from "../staking/index.ts";
import { startTestChain } from "./test-chain.ts";

export const STAKING_PARAMETERS = {
  slotDurationMs: 1_000n,
  epochLength: 10n,
  staking: { sessionsPerEra: 2, bondingDuration: 3, slashDeferDuration: 1, historyDepth: 6 },
} as const;

export function startStakingChain(parameters: { readonly epochLength?: bigint } = {}) {
  const chain = startTestChain(
    developmentPreset({
      authorities: LOCAL_AUTHORITIES,
      parameters: { ...STAKING_PARAMETERS, ...parameters },
    }),
  );
  chain.block();
  const { runtime, overlay } = chain;
  const env = () => runtime.env(overlay);
  const dispatch = (call: Call, origin: Origin): DispatchError | undefined => {
    const outcome = env().dispatch(call, origin);
    return outcome.ok ? undefined : outcome.error;
  };
  return {
    chain,
    tx: runtime.tx,
    staking: () => env().of(Staking),
    balances: () => env().of(Balances),
    account: chain.account,
    address: (uri: string) => addressOf(chain.account(uri)),
    /** @returns why the call failed */
    as: (uri: string, call: Call) => dispatch(call, signedBy(chain.account(uri))),
    asRoot: (call: Call) => dispatch(call, ROOT),
    nextSession: () => rotateSession({ env: env() }),
    /** Ends sessions until the next era is active. */
    nextEra() {
      const eraOf = () => env().of(Staking).storage.ActiveEra.get()?.index ?? 0;
      const before = eraOf();
      for (let i = 0; eraOf() === before; i++) {
        assert(i < 20, "eras go on");
        rotateSession({ env: env() });
      }
      return eraOf();
    },
  };
}

/** Name of the pallet's error in a dispatch error; the type of any other. */
export function errorName(
  error: DispatchError | undefined,
  errors: Readonly<Record<string, DispatchError>>,
): string | undefined {
  if (error?.type !== "Module") return error?.type;
  const found = Object.entries(errors).find(
    ([, one]) =>
      one.type === "Module" &&
      one.value.index === error.value.index &&
      one.value.error[0] === error.value.error[0],
  );
  return found?.[0] ?? "Module";
}

/** Session keys made of a URI, and the proof that their holder is `owner`. */
export function sessionKeysOf(
  uri: string,
  owner: AccountId,
): { readonly keys: SessionKeys; readonly proof: Uint8Array } {
  const [babe, grandpa] = [pairFromUri(uri, "sr25519"), pairFromUri(uri, "ed25519")];
  assert(babe.ok && grandpa.ok, "a test account has a readable URI");
  const statement = ownershipStatement(owner);
  return {
    keys: { babe: babe.value.publicKey, grandpa: grandpa.value.publicKey },
    proof: concatBytes(
      sr25519Sign(babe.value, statement),
      ed25519Sign(grandpa.value.seed, statement),
    ),
  };
}
