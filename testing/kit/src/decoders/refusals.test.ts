/** One refusal per code, for codes whose other tests look at verdicts rather than at names. */
import * as attestation from "@pha/attestation";
import { advance, announcedChangesOf, type Header, startFromGenesis } from "@pha/consensus";
import { readArtefact } from "@pha/contract";
import * as crypto from "@pha/crypto";
import { decodeExtrinsic } from "@pha/frame";
import { openKeystore, parseConfig as parseNodeConfig } from "@pha/node";
import * as protocol from "@pha/protocol";
import { developmentPreset } from "@pha/runtime";
import { concatBytes, encode, parseHex, type Result, utf8 } from "@pha/scale";
import { createSession, decodeMetadata, devSigner, parseAddress, signerFromUri } from "@pha/sdk";
import { expect, test } from "vitest";

const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const block = { number: 1, hash: fill(1) };
const header: Header = {
  parentHash: fill(0),
  number: 0,
  stateRoot: fill(1),
  extrinsicsRoot: fill(2),
  digest: [],
};
const { runtime } = developmentPreset();
const unwrap = <T>(result: Result<T, unknown>): T => {
  if (!result.ok) throw new Error("a good input");
  return result.value;
};

/** What pRuntime seals for a key of ours, with content that is no body. */
function sealedNonsense(info: Uint8Array, aad: Uint8Array, plaintext: Uint8Array) {
  const recipient = crypto.x25519PublicKey(fill(2));
  return crypto.hpkeSeal({ recipient, ephemeralSecret: fill(3), info, aad, plaintext });
}

const deltaContext = {
  genesisHash: fill(1),
  cluster: fill(2),
  keyVersion: 0,
  blockHash: fill(3),
  previousRoot: fill(4),
  newRoot: fill(5),
};
const stateKeys = protocol.deriveStateKeys(fill(6), { ...deltaContext, version: 0 });

function nonsenseDelta(): Uint8Array {
  const sealed = unwrap(protocol.sealDelta(stateKeys, deltaContext, []));
  const plaintext = new Uint8Array(sealed.length - 16).fill(255);
  const context = concatBytes(
    protocol.DOMAIN.delta,
    fill(1),
    fill(2),
    new Uint8Array(4),
    fill(3),
    fill(4),
    fill(5),
  );
  return crypto.sivSeal({ ...stateKeys, context, plaintext });
}

function nonsenseQuery(): Result<unknown, { readonly code: string }> {
  const info = concatBytes(protocol.DOMAIN.query, fill(1), fill(9));
  const { enc, ciphertext } = sealedNonsense(info, new Uint8Array(0), fill(255));
  const sealed = { boot: fill(9), enc, ciphertext };
  return protocol.openQuery({ genesisHash: fill(1), bootEncryptionSecret: fill(2), sealed });
}

function nonsenseReply(): Result<unknown, { readonly code: string }> {
  const context = { genesisHash: fill(1), commandId: fill(2), sealedHash: fill(3), block };
  const info = concatBytes(
    protocol.DOMAIN.reply,
    fill(1),
    fill(2),
    fill(3),
    encode(protocol.BlockRef, block),
  );
  const { enc, ciphertext } = sealedNonsense(
    info,
    new Uint8Array(0),
    new Uint8Array(256).fill(255),
  );
  return protocol.openReply({
    ...context,
    sealed: concatBytes(enc, ciphertext),
    replySecretKey: fill(2),
  });
}

const change = (delay: number) => ({
  type: "Consensus" as const,
  value: { engine: "FRNK", data: concatBytes(Uint8Array.of(1, 0), new Uint8Array(4).fill(delay)) },
});
const ours = startFromGenesis({
  genesisHeader: header,
  set: { setId: 0n, authorities: [{ key: fill(1), weight: 1n }] },
});

const RESULTS: Readonly<Record<string, () => Result<unknown, { readonly code: string }>>> = {
  "account/bad-address": () => parseAddress("no address"),
  "account/bad-secret-uri": () => signerFromUri("no phrase at all"),
  "artefact/not-json": () => readArtefact(utf8("no JSON")),
  "crypto/bad-address": () => crypto.ss58Decode("no address"),
  "crypto/bad-secret-uri": () => crypto.pairFromUri("no phrase at all", "sr25519"),
  "delta/malformed": () => protocol.openDelta(stateKeys, deltaContext, nonsenseDelta()),
  "evidence/unknown-kind": () =>
    attestation.verifyEvidence({
      bytes: Uint8Array.of(200),
      now: 0n,
      expectedReportData: new Uint8Array(64),
    }),
  "extrinsic/too-long": () => decodeExtrinsic(runtime.format, new Uint8Array((1 << 20) + 1)),
  "extrinsic/wrong-version": () => decodeExtrinsic(runtime.format, Uint8Array.of(8, 5, 0)),
  "grandpa/repeated-change": () =>
    announcedChangesOf({ ...header, digest: [change(0), change(0)] }),
  "light/bad-header": () =>
    advance(ours, { headers: [Uint8Array.of(1)], justification: new Uint8Array(0) }),
  "metadata/other-version": () => decodeMetadata(Uint8Array.of(0x6d, 0x65, 0x74, 0x61, 9)),
  "padding/malformed": () => protocol.unpad(new Uint8Array(3), protocol.COMMAND_BUCKETS),
  "padding/too-long": () => protocol.pad(new Uint8Array(300_000), protocol.COMMAND_BUCKETS),
  "query/malformed": nonsenseQuery,
  "reply/malformed": nonsenseReply,
  "scale/bad-hex": () => parseHex("0xzz"),
  "vetkd/bad-root-key": () =>
    crypto.ibeEncrypt({
      rootPublicKey: new Uint8Array(96),
      identity: fill(1),
      seed32: fill(2),
      message: fill(3),
    }),
};

test.each(Object.entries(RESULTS))("%s", (code, refuse) => {
  expect(refuse()).toMatchObject({ ok: false, error: { code } });
});

const THROWN: Readonly<Record<string, () => unknown>> = {
  "certificate/no-scope": () =>
    createSession({ genesisHash: fill(1) } as never, {
      signer: devSigner("Alice"),
      scopes: [],
      purpose: "nothing",
    }),
  "config/bad-field": () => parseNodeConfig({ chain: "dev", colour: "red" }),
  "keystore/bad-secret": () => openKeystore("no phrase at all"),
};

test.each(Object.entries(THROWN))("%s", async (code, refuse) => {
  const error = await (async () => refuse())().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
});
