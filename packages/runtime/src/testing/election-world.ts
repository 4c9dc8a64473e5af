/** A chain in the phases of an election, for tests of submitted solutions. */
import { type Call, type DispatchError, decodeExtrinsic, encodeExtrinsic } from "@pha/frame";
import { assert, bytes, decode, encode } from "@pha/scale";
import { ElectionProviderMultiPhase } from "../election-provider-multi-phase/index.ts";
import type { UnsignedSolution } from "../election-provider-multi-phase/unsigned.ts";
import { PHA } from "../parameters.ts";
import { errorName, startStakingChain } from "./staking-chain.ts";

/** Phases of five slots each, elections every twenty or forty slots. */
export function startElectionChain(seats = 2) {
  const world = startStakingChain({ epochLength: 20n });
  const { chain, tx } = world;
  const { runtime, overlay } = chain;
  assert(world.asRoot(tx.Staking.set_validator_count({ new: seats })) === undefined, "root may");
  const election = () => runtime.env(overlay).of(ElectionProviderMultiPhase);
  let slot = 1_000n;
  const next = (extrinsics: readonly Uint8Array[] = []) => {
    slot += 1n;
    return chain.block(extrinsics, slot, 0);
  };
  const unsigned = (args: UnsignedSolution) =>
    encodeExtrinsic(
      encode(runtime.format.call, tx.ElectionProviderMultiPhase.submit_unsigned(args)),
    );
  const argsOf = (extrinsic: Uint8Array): UnsignedSolution => {
    const decoded = decodeExtrinsic(runtime.format, extrinsic);
    assert(decoded.ok && decoded.value.signed === undefined, "what is mined is an extrinsic");
    // Arguments of the call that was mined.
    return decoded.value.call.args as UnsignedSolution;
  };
  return {
    ...world,
    election,
    argsOf,
    next,
    phase: () => election().storage.CurrentPhase.get().type,
    /** Makes blocks until the phase is this one. */
    until(phase: "Off" | "Signed" | "Unsigned" | "Emergency") {
      for (let i = 0; election().storage.CurrentPhase.get().type !== phase; i++) {
        assert(i < 100, `the phase ${phase} comes`);
        next();
      }
    },
    /** What a validator's node would submit on top of the present block. */
    mined(): UnsignedSolution | undefined {
      const ask = (method: string, args: Uint8Array): Uint8Array | undefined => {
        const answer = runtime.runtimeApi(overlay, `ElectionMinerApi_${method}`, args);
        assert(answer.ok, "the runtime answers");
        // An option: its first byte tells whether there is one.
        return answer.value[0] === 1 ? answer.value.subarray(1) : undefined;
      };
      const task = ask("task", new Uint8Array());
      const mined = task && ask("mine", task);
      const extrinsic = mined && decode(bytes, mined);
      assert(extrinsic?.ok !== false, "the answer decodes");
      return extrinsic && argsOf(extrinsic.value);
    },
    unsigned,
    verdict: (args: UnsignedSolution, source: "Local" | "External" | "InBlock" = "Local") =>
      runtime.validateTransaction(overlay, source, unsigned(args), chain.hash()),
    errorOf: (error: DispatchError | undefined) => errorName(error, election().errors),
    did(uri: string, call: Call) {
      const error = world.as(uri, call);
      assert(error === undefined, `${call.pallet}.${call.name} succeeds`);
    },
    /** Accounts that nominate, each with its own stake. */
    nominators(count: number, targetsOf: (i: number) => readonly string[], stake = 500n * PHA) {
      for (let i = 0; i < count; i++) {
        const uri = `//Eve//voter-${i}`;
        const dest = world.address(uri);
        const payee = { type: "Stash", value: undefined } as const;
        for (const [who, call] of [
          ["//Ferdie", tx.Balances.transfer_keep_alive({ dest, value: 2n * stake })],
          [uri, tx.Staking.bond({ value: stake + BigInt(i) * PHA, payee })],
          [uri, tx.Staking.nominate({ targets: targetsOf(i).map(world.address) })],
        ] as const)
          assert(world.as(who, call) === undefined, `${call.name} succeeds`);
      }
    },
  };
}

export type ElectionWorld = ReturnType<typeof startElectionChain>;
