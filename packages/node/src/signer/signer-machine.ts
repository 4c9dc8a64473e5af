/**
 * What the signer does: keys from their folder, signatures for what it has read and noted, nothing else.
 *
 * It refuses to equivocate (`signing-record.ts`), whatever the node asks for: one that was restored from an old disk, or
 * taken over, gets no second header for a slot and no second vote of a kind in a round.
 */
import { babePreDigestOf, encodeHeader, sealPayload, signedVotePayload } from "@pha/consensus";
import { blake2b256, type VrfDraw } from "@pha/crypto";
import { equalBytes, PhaError } from "@pha/scale";
import { noFolder, type SessionPair, type StoredKey } from "./keystore.ts";
import type { KeystoreFolder } from "./keystore-folder.ts";
import { noKey, ownershipProof, type SecretKeys, type SingleSecret } from "./secret-keys.ts";
import {
  failedAnswer,
  MAX_STORED_KEYS,
  type SignerAnswer,
  type SignerRequest,
} from "./signer-messages.ts";
import { type SigningJournal, tooManyKeys } from "./signing-journal.ts";

export interface SignerParts {
  /** Absent: no keys can be made or taken in. */
  readonly folder: KeystoreFolder | undefined;
  /** Keys that a development chain's authority signs with. */
  readonly authority: SingleSecret | undefined;
  readonly journal: SigningJournal;
}

type Request<T extends SignerRequest["type"]> = Extract<
  SignerRequest,
  { readonly type: T }
>["value"];

/** Answers every request but `Open`, which makes the machine. */
export function createSignerMachine(parts: SignerParts): (request: SignerRequest) => SignerAnswer {
  const { journal, authority } = parts;
  const secrets: SecretKeys = {
    babe: (key) => authority?.babe(key) ?? parts.folder?.babe(key),
    grandpa: (key) => authority?.grandpa(key) ?? parts.folder?.grandpa(key),
  };
  const folder = (): KeystoreFolder => {
    if (parts.folder) return parts.folder;
    throw noFolder();
  };

  const keys = (): readonly StoredKey[] => {
    const own: readonly StoredKey[] = authority
      ? [
          { type: "babe", key: authority.babeKey },
          { type: "gran", key: authority.grandpaKey },
        ]
      : [];
    const all = [...own, ...(parts.folder?.keys() ?? [])];
    if (all.length > MAX_STORED_KEYS) throw tooManyKeys(MAX_STORED_KEYS);
    return all;
  };
  const draw = ({ key, ...input }: Request<"Draw">): VrfDraw => {
    const signer = secrets.babe(key);
    if (!signer) throw noKey();
    return signer.drawSlot(input);
  };
  const seal = ({ key, header }: Request<"Seal">): Uint8Array => {
    const signer = secrets.babe(key);
    if (!signer) throw noKey();
    const claim = babePreDigestOf(header);
    if (!claim.ok || header.digest.at(-1)?.type === "Seal")
      throw new PhaError("signer/no-claim", "a header without the claim of a slot is not sealed", {
        hint: "node and signer must be of the same release",
      });
    const { slot } = claim.value.value;
    journal.note({
      key,
      kind: "seal",
      major: 0n,
      minor: slot,
      digest: blake2b256(encodeHeader(header)),
    });
    return signer.signSeal(sealPayload(header));
  };
  const vote = ({ key, kind, setId, round, target }: Request<"Vote">): Uint8Array => {
    const signer = secrets.grandpa(key);
    if (!signer) throw noKey();
    const payload = signedVotePayload(kind, { ...target, round, setId });
    journal.note({ key, kind, major: setId, minor: round, digest: blake2b256(payload) });
    return signer.signVote(payload);
  };
  const insert = ({ type, uri, key }: Request<"Insert">): void => {
    if (!equalBytes(folder().publicKeyOf(type, uri), key))
      throw new PhaError("keystore/wrong-key", "the public key is not that of the secret", {
        facts: { type },
        hint: "derive it with the scheme of the type: babe is sr25519, gran is ed25519",
      });
    folder().insert(type, uri);
  };

  const answer = (request: SignerRequest): SignerAnswer => {
    switch (request.type) {
      case "Open":
        throw new PhaError("signer/already-open", "a signer is opened once", {
          hint: "node and signer must be of the same release",
        });
      case "List":
        return { type: "Keys", value: keys() };
      case "Draw":
        return { type: "Drawn", value: draw(request.value).preOutput };
      case "Prove":
        return { type: "Proven", value: draw(request.value).prove() };
      case "Seal":
        return { type: "Signature", value: seal(request.value) };
      case "Vote":
        return { type: "Signature", value: vote(request.value) };
      case "Generate": {
        const pair: SessionPair = folder().generate();
        return { type: "Generated", value: pair };
      }
      case "Insert":
        insert(request.value);
        return { type: "Inserted", value: undefined };
      case "ProveOwnership": {
        const { pair, owner } = request.value;
        return { type: "Ownership", value: ownershipProof(secrets, pair, owner) };
      }
    }
  };
  return (request) => {
    try {
      return answer(request);
    } catch (error) {
      // Anything else (a disk that is full, a bug) ends the process: half a record must not be gone on from.
      if (error instanceof PhaError) return failedAnswer(error);
      throw error;
    }
  };
}
