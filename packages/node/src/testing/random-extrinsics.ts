/** Random signed extrinsics of the development chain: all schemes, eras, nonces near the right one, nested calls. */
import {
  blake2b256,
  type EcdsaPair,
  ecdsaFromSecret,
  ecdsaSign,
  ed25519FromSeed,
  ed25519Sign,
  sr25519Sign,
} from "@pha/crypto";
import {
  addressOf,
  type Call,
  type Era,
  encodeExtra,
  encodeExtrinsic,
  IMMORTAL,
  type MultiSignature,
  mortalEra,
  signedPayload,
} from "@pha/frame";
import type { DevelopmentPreset } from "@pha/runtime";
import { assert, concatBytes, encode } from "@pha/scale";
import { testPair } from "./signer.ts";

/** Natural numbers below a bound, from a seed. */
export function seededNumbers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.floor(((state >>> 8) / (1 << 24)) * below);
  };
}

export interface ChainView {
  readonly number: number;
  readonly genesisHash: Uint8Array;
  hashAt(number: number): Uint8Array | undefined;
  nonceOf(account: Uint8Array): number;
}

interface Signer {
  readonly account: Uint8Array;
  sign(payload: Uint8Array): MultiSignature;
}

const SEED = new Uint8Array(32).fill(42);

function signers(): readonly Signer[] {
  const ed25519 = ed25519FromSeed(SEED);
  const ecdsa: EcdsaPair | undefined = ecdsaFromSecret(SEED);
  assert(ecdsa, "the secret is one");
  return [
    ...["//Alice", "//Bob", "//Nobody"].map((uri): Signer => {
      const pair = testPair(uri);
      return {
        account: pair.publicKey,
        sign: (payload) => ({ type: "Sr25519", value: sr25519Sign(pair, payload) }),
      };
    }),
    {
      account: ed25519.publicKey,
      sign: (payload) => ({ type: "Ed25519", value: ed25519Sign(ed25519.seed, payload) }),
    },
    {
      account: blake2b256(ecdsa.publicKey),
      sign: (payload) => ({ type: "Ecdsa", value: ecdsaSign(ecdsa, blake2b256(payload)) }),
    },
  ];
}

/** Gives an extrinsic at a time; most are valid, the rest wrong in one way. */
export function randomExtrinsics(
  runtime: DevelopmentPreset["runtime"],
  below: (bound: number) => number,
): { next(view: ChainView): Uint8Array; accounts(): readonly Uint8Array[] } {
  const all = signers();
  const { extensions, call: callCodec } = runtime.format;
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    assert(item !== undefined, "there is something to pick");
    return item;
  };

  const call = (depth: number): Call => {
    const { tx } = runtime;
    const simple: (() => Call)[] = [
      () => tx.System.remark({ remark: new Uint8Array(below(600)) }),
      () => tx.System.remark_with_event({ remark: new Uint8Array(below(40)) }),
      () =>
        tx.Balances.transfer_keep_alive({
          dest: addressOf(pick(all).account),
          value: BigInt(below(1 << 24)) * 1_000_000n,
        }),
      () => tx.Balances.transfer_all({ dest: addressOf(pick(all).account), keepAlive: true }),
      () => tx.Balances.upgrade_accounts({ who: all.slice(below(3)).map((one) => one.account) }),
      () => tx.System.kill_prefix({ prefix: new Uint8Array(3), subkeys: below(200_000) }),
      () => tx.System.set_storage({ items: [[new Uint8Array(2), new Uint8Array(below(9))]] }),
      () => tx.Timestamp.set({ now: 7n }),
    ];
    const nested: (() => Call)[] = [
      () => tx.Sudo.sudo({ call: call(depth - 1) }),
      () => tx.Utility.batch({ calls: Array.from({ length: below(5) }, () => call(depth - 1)) }),
      () =>
        tx.Utility.force_batch({ calls: Array.from({ length: below(3) }, () => call(depth - 1)) }),
    ];
    return depth > 0 && below(3) === 0 ? pick(nested)() : pick(simple)();
  };

  const next = (view: ChainView): Uint8Array => {
    const signer = pick(all);
    const era: Era = below(2) === 0 ? IMMORTAL : mortalEra(4 << below(6), view.number);
    const birth =
      era.type === "Immortal"
        ? 0
        : Math.floor((view.number - era.phase) / era.period) * era.period + era.phase;
    const nonce = view.nonceOf(signer.account) + pick([0, 0, 0, 0, 1, 2, -1]);
    const tip = pick([0n, 0n, 5n, 1_000_000n, 1n << 70n]);
    const genesisHash = below(16) === 0 ? new Uint8Array(32).fill(9) : view.genesisHash;
    const values = new Map<string, unknown>([
      ["CheckMortality", era],
      ["CheckNonce", Math.max(nonce, 0)],
      ["ChargeTransactionPayment", tip],
    ]);
    const additional = new Map<string, unknown>([
      ["CheckSpecVersion", runtime.version.specVersion + (below(20) === 0 ? 1 : 0)],
      ["CheckTxVersion", runtime.version.transactionVersion],
      ["CheckGenesis", genesisHash],
      ["CheckMortality", view.hashAt(birth) ?? genesisHash],
    ]);
    const extraBytes = encodeExtra(
      extensions,
      extensions.map(({ name }) => values.get(name)),
    );
    const callBytes = encode(callCodec, call(3));
    const payload = signedPayload(
      callBytes,
      extraBytes,
      concatBytes(...extensions.map((one) => encode(one.additional, additional.get(one.name)))),
    );
    return encodeExtrinsic(callBytes, {
      address:
        below(24) === 0 ? { type: "Raw", value: new Uint8Array(3) } : addressOf(signer.account),
      signature: signer.sign(payload),
      extraBytes,
    });
  };
  return { next, accounts: () => all.map((one) => one.account) };
}
