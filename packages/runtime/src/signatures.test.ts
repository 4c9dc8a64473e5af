import { blake2b256, ecdsaFromSecret, ecdsaSign, ed25519PublicKey, ed25519Sign } from "@pha/crypto";
import {
  addressOf,
  encodeExtra,
  encodeExtrinsic,
  IMMORTAL,
  type MultiSignature,
  signedPayload,
} from "@pha/frame";
import { concatBytes, encode } from "@pha/scale";
import { expect, test } from "vitest";
import { PHA } from "./parameters.ts";
import { startTestChain } from "./testing/test-chain.ts";

const SECRET = new Uint8Array(32).fill(9);

/** A remark signed by any scheme, with what an immortal transaction of nonce `nonce` signs. */
function signedRemark(
  chain: ReturnType<typeof startTestChain>,
  account: Uint8Array,
  nonce: number,
  sign: (payload: Uint8Array) => MultiSignature,
  remark = new Uint8Array(5),
): Uint8Array {
  const { runtime, genesisHash } = chain;
  const { extensions } = runtime.format;
  const extras = new Map<string, unknown>([
    ["CheckMortality", IMMORTAL],
    ["CheckNonce", nonce],
    ["ChargeTransactionPayment", 0n],
  ]);
  const implied = new Map<string, unknown>([
    ["CheckSpecVersion", runtime.version.specVersion],
    ["CheckTxVersion", runtime.version.transactionVersion],
    ["CheckGenesis", genesisHash],
    ["CheckMortality", genesisHash],
  ]);
  const extraBytes = encodeExtra(
    extensions,
    extensions.map(({ name }) => extras.get(name)),
  );
  const additional = concatBytes(
    ...extensions.map((one) => encode(one.additional, implied.get(one.name))),
  );
  const call = encode(runtime.format.call, runtime.tx.System.remark({ remark }));
  const signature = sign(signedPayload(call, extraBytes, additional));
  return encodeExtrinsic(call, { address: addressOf(account), signature, extraBytes });
}

test("accounts of all three schemes sign, short payloads and long ones", () => {
  const chain = startTestChain();
  const ecdsa = ecdsaFromSecret(SECRET);
  if (!ecdsa) throw new Error("a secret below the order");
  const schemes = [
    {
      account: ed25519PublicKey(SECRET),
      sign: (payload: Uint8Array): MultiSignature => ({
        type: "Ed25519",
        value: ed25519Sign(SECRET, payload),
      }),
    },
    {
      account: blake2b256(ecdsa.publicKey),
      sign: (payload: Uint8Array): MultiSignature => ({
        type: "Ecdsa",
        value: ecdsaSign(ecdsa, blake2b256(payload)),
      }),
    },
  ];
  for (const { account, sign } of schemes) {
    const fund = chain.runtime.tx.Balances.transfer_keep_alive({
      dest: addressOf(account),
      value: PHA,
    });
    chain.block([chain.sign("//Alice", fund)]);
    const nonce = chain.number();
    const short = signedRemark(chain, account, nonce, sign);
    const long = signedRemark(chain, account, nonce + 1, sign, new Uint8Array(300));
    const { outcomes } = chain.block([short, long]);
    expect(outcomes).toMatchObject([{ ok: true }, { ok: true }]);
    const forged = signedRemark(chain, account, nonce + 2, (payload) => sign(payload.slice(1)));
    expect(chain.block([forged]).outcomes[0]).toMatchObject({
      error: { value: { type: "BadProof" } },
    });
  }
});
