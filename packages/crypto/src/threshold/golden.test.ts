/** Fixed inputs and the bytes they gave when the formats were fixed: a change here is a change of protocol. */
import { encode, toHex, utf8 } from "@pha/scale";
import { expect, test } from "vitest";
import { blake2b256 } from "../hash.ts";
import { aggregate } from "./dkg.ts";
import { DealingComplaint, makeComplaint } from "./dkg-complaint.ts";
import { createDealing, Dealing } from "./dkg-dealing.ts";
import { dkgContext, oneTimeKeypair } from "./dkg-run.ts";
import { EncryptedKeyShareCodec, encryptKeyShare } from "./encrypted-key-share.ts";
import { ibeEncrypt } from "./ibe.ts";
import { transportKeypair } from "./transport-key.ts";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const value = <T>(result: { readonly ok: true; readonly value: T } | { readonly ok: false }): T => {
  if (!result.ok) throw new Error("a result");
  return result.value;
};

test("the formats of a run of two, of a share and of a wrap are as they were", () => {
  const keys = [oneTimeKeypair(fill(1)), oneTimeKeypair(fill(2))];
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const run = { genesisHash: fill(3), runId: 4n, generation: 5n, n: 2, t: 2 };
  const context = dkgContext(run, publicKeys);
  const recipients = publicKeys.map((oneTimePublicKey, seat) => ({ seat, oneTimePublicKey }));
  const deal = (seat: number): Dealing =>
    value(
      createDealing({
        context,
        seat,
        n: 2,
        t: 2,
        polynomialSeed: fill(10 + seat),
        entropy: fill(20 + seat),
        recipients,
      }),
    );
  const dealings = [deal(0), deal(1)];
  const result = value(aggregate({ context, n: 2, t: 2, dealings }));
  const complaint = value(
    makeComplaint({
      context,
      dealing: deal(0),
      seat: 1,
      oneTimeSecret: fill(6),
      entropy: fill(7),
    }),
  );
  const { rootPublicKey } = result;
  const identity = utf8("an identity");
  const transportPublicKey = transportKeypair(fill(8)).publicKey;
  const share = value(
    encryptKeyShare({
      share: fill(9),
      rootPublicKey,
      identity,
      transportPublicKey,
      entropy32: fill(11),
    }),
  );
  const wrap = value(ibeEncrypt({ rootPublicKey, identity, seed32: fill(12), message: fill(13) }));
  const digest = (bytes: Uint8Array): string => toHex(blake2b256(bytes));
  expect({
    context: toHex(context),
    oneTimeKey: digest(publicKeys[0]!),
    transportKey: digest(transportPublicKey),
    dealing: digest(encode(Dealing, deal(0))),
    complaint: digest(encode(DealingComplaint, complaint)),
    transcriptHash: toHex(result.transcriptHash),
    root: digest(rootPublicKey),
    share: digest(encode(EncryptedKeyShareCodec, share)),
    wrap: digest(wrap),
  }).toMatchInlineSnapshot(`
    {
      "complaint": "0x43cea5d70405d2919f508e69eba002961a2c82063007884cef134bf1b22292cf",
      "context": "0x66c2bf6cb49b8501916e20dd777d8393bb09bbb6f31df5d363b90fa07d4a0d2f",
      "dealing": "0x551c8f2c4b00d12368d24035fd717cd46b94e2c18fd4f8e1dec56fc0cd1f209e",
      "oneTimeKey": "0x3e9fe4065aa163fb3ae2b2ecf44bdadde304ebc67b33c5553a2c6f0b7fbadde6",
      "root": "0x824477374c1c221b863db45f5dd22063dcaaf1085f6e0371f7edfc23e413a31e",
      "share": "0xecb93da67dbd2a11fd7c40bbd79972ffb848369b440e63e540a0fc811d18fa02",
      "transcriptHash": "0xb4e93f83eead6c99afdce0cc65e133b1ee768774102d33cadabba5dc4bbea3af",
      "transportKey": "0x6e6842ad5ff41f167aa981001f6be9d3e5cec1e479a31909469ac6e9164e85b9",
      "wrap": "0xea8c7d00046b02158934b600fe08f21193d21a76e9629512beb0bd006621a3eb",
    }
  `);
});
