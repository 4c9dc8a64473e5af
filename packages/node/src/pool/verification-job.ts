/** What is verified in another thread, as it travels there: encoded, so that a batch is one piece of memory. */
import type { BabeVrfInput, VrfOutput } from "@pha/crypto";
import { MultiSignature, type SignatureVerifier } from "@pha/frame";
import { bytes, type Codec, encode, fixedBytes, Reader, struct, u64 } from "@pha/scale";

export interface SignatureJob {
  readonly signature: Parameters<SignatureVerifier>[0];
  readonly payload: Uint8Array;
  readonly signer: Uint8Array;
}

/** An author's right to a slot. */
export interface ClaimJob {
  readonly author: Uint8Array;
  readonly input: BabeVrfInput;
  readonly output: VrfOutput;
}

export type VerificationJob = SignatureJob | ClaimJob;

const hash = fixedBytes(32);
const signatureJob: Codec<SignatureJob> = struct({
  signature: MultiSignature,
  payload: bytes,
  signer: hash,
});
const claimJob: Codec<ClaimJob> = struct({
  author: hash,
  input: struct({ randomness: hash, slot: u64, epoch: u64 }),
  output: struct({ preOutput: hash, proof: fixedBytes(64) }),
});

const SIGNATURE = 0;
const CLAIM = 1;
const job: Pick<Codec<VerificationJob>, "write"> = {
  write(writer, value) {
    const isClaim = "author" in value;
    writer.u8(isClaim ? CLAIM : SIGNATURE);
    if (isClaim) claimJob.write(writer, value);
    else signatureJob.write(writer, value);
  },
};

/** Equal for equal jobs only. */
export function encodeJob(value: VerificationJob): Uint8Array {
  return encode(job, value);
}

/** Jobs that were encoded one after the other; their bytes are views. */
export function decodeJobs(encoded: Uint8Array): readonly VerificationJob[] {
  const reader = new Reader(encoded);
  const jobs: VerificationJob[] = [];
  while (reader.remaining > 0)
    jobs.push(reader.u8() === CLAIM ? claimJob.read(reader) : signatureJob.read(reader));
  return jobs;
}
