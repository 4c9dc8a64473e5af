/**
 * A direct challenge: fresh evidence of a running boot over a nonce of whoever asks.
 *
 * What it binds is told apart from a registration's by the byte behind the domain, so evidence that a challenge got can
 * register nobody, whatever the nonce is, and a registration's evidence answers no challenge.
 */
import { blake2b256 } from "@pha/crypto";
import { concatBytes, encode, struct, u32 } from "@pha/scale";
import { DOMAIN } from "./domain.ts";
import { AccountId, Ed25519Key, Hash, Sr25519Key, X25519Key } from "./ids.ts";
import { type Registration, WorkerRole } from "./registration.ts";

/** Who is challenged: a registration without its block. */
const Challenged = struct({
  genesisHash: Hash,
  identity: Sr25519Key,
  boot: Ed25519Key,
  bootEncryption: X25519Key,
  operator: AccountId,
  role: WorkerRole,
  version: u32,
  features: u32,
});

const CHALLENGE = 1;

/**
 * 64 bytes: digest of the boot that is challenged ‖ the nonce (attestation.md §7.1).
 *
 * @param nonce 32 bytes, chosen by who asks; of a TLS connection the value that both ends export, which binds the
 *   evidence to that connection
 */
export function challengeReportData(
  registration: Omit<Registration, "at">,
  nonce: Uint8Array,
): Uint8Array {
  const digest = blake2b256(
    concatBytes(DOMAIN.attest, Uint8Array.of(CHALLENGE), encode(Challenged, registration)),
  );
  return concatBytes(digest, nonce);
}
