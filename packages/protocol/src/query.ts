/**
 * Queries (protocol §7): sealed to the worker's boot key, answered from the final root at the client's own finalized
 * block or later, signed for this request.
 */
import {
  aes256GcmOpen,
  aes256GcmSeal,
  blake2b256,
  ed25519Verify,
  type HpkeContext,
  hpkeReceiverContext,
  hpkeSenderContext,
} from "@pha/crypto";
import {
  boundedBytes,
  boundedStr,
  bytes,
  type CodecType,
  concatBytes,
  decode,
  encode,
  fail,
  fixedBytes,
  ok,
  option,
  type Result,
  struct,
  u64,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { Certificate } from "./certificate.ts";
import { DOMAIN } from "./domain.ts";
import { BlockRef, Ed25519Key, Hash, Selector, Signature, X25519Key } from "./ids.ts";
import { OpenedFields } from "./opened-field.ts";

/** Longest sealed request or answer in bytes. */
export const MAX_QUERY_BYTES = 1 << 20;

/** What the client asks; the session key signs its digest. */
export const QueryRequest = struct({
  nonce: Hash,
  /** Finalized block that the client itself verified; the answer must be at it or later. */
  at: BlockRef,
  contract: Hash,
  selector: Selector,
  args: bytes,
  fuelLimit: u64,
  /** Absent: the query is anonymous and `caller` is 32 zero bytes. */
  certificate: option(Certificate),
});
export type QueryRequest = CodecType<typeof QueryRequest>;

export const SignedQueryRequest = struct({
  request: QueryRequest,
  /** By the certificate's session key over `requestPayload`; absent when anonymous. */
  signature: option(Signature),
});
export type SignedQueryRequest = CodecType<typeof SignedQueryRequest>;

export function requestHash(request: QueryRequest): Uint8Array {
  return blake2b256(concatBytes(DOMAIN.queryRequest, encode(QueryRequest, request)));
}

/** Bytes signed by the session key: bind the request to network and boot, so no other worker can use them. */
export function requestPayload(
  genesisHash: Uint8Array,
  boot: Uint8Array,
  request: QueryRequest,
): Uint8Array {
  return concatBytes(DOMAIN.session, genesisHash, boot, requestHash(request));
}

/** Body of `POST /v1/query`. */
export const SealedQuery = struct({
  /** Boot (ed25519) that the query is for; routes it and selects the key. */
  boot: Ed25519Key,
  enc: X25519Key,
  ciphertext: boundedBytes(MAX_QUERY_BYTES),
});
export type SealedQuery = CodecType<typeof SealedQuery>;

export const Answer = struct({
  requestHash: Hash,
  outcome: variants({
    Ok: variant(0, bytes),
    /** The contract refused: its own error code. */
    Failed: variant(1, boundedStr(256)),
    /** The engine stopped it: fuel, stack, memory or engine. */
    Trapped: variant(2, boundedStr(32)),
    /** pRuntime refused: `query/…`, `certificate/…`. */
    Refused: variant(3, boundedStr(64)),
  }),
  fuelUsed: u64,
  /** Finalized block at which boot, lease and root are proven; at or after the request's `at`. */
  block: BlockRef,
  /** Final root the answer was computed from, and the block of its commands. */
  root: Hash,
  stateBlock: BlockRef,
  /** Entries of the contract's state that the query opened to its caller. */
  opened: option(OpenedFields),
});
export type Answer = CodecType<typeof Answer>;

export const SignedAnswer = struct({ answer: Answer, signature: Signature });
export type SignedAnswer = CodecType<typeof SignedAnswer>;

export function answerPayload(genesisHash: Uint8Array, answer: Answer): Uint8Array {
  return concatBytes(DOMAIN.answer, genesisHash, blake2b256(encode(Answer, answer)));
}

export function verifyAnswer(
  genesisHash: Uint8Array,
  boot: Uint8Array,
  signed: SignedAnswer,
): boolean {
  return ed25519Verify(boot, answerPayload(genesisHash, signed.answer), signed.signature);
}

/** Sealed answer: fresh nonce, key exported from the request's HPKE context. */
export const SealedAnswer = struct({
  nonce: fixedBytes(12),
  ciphertext: boundedBytes(MAX_QUERY_BYTES),
});
export type SealedAnswer = CodecType<typeof SealedAnswer>;

/** Body of the host's HTTP response: the sealed answer and untrusted help to verify it. */
export const QueryResponse = struct({
  sealed: SealedAnswer,
  /** Block that the proof is for; equals the answer's `block`. */
  block: BlockRef,
  /** Read proof of boot, replicas, lease and root at that block. */
  proof: vec(boundedBytes(1 << 20), 4096),
});
export type QueryResponse = CodecType<typeof QueryResponse>;

function queryInfo(genesisHash: Uint8Array, boot: Uint8Array): Uint8Array {
  return concatBytes(DOMAIN.query, genesisHash, boot);
}

const NO_AAD = new Uint8Array(0);

export function sealQuery(input: {
  readonly genesisHash: Uint8Array;
  readonly boot: Uint8Array;
  readonly bootEncryption: Uint8Array;
  readonly ephemeralSecret: Uint8Array;
  readonly request: SignedQueryRequest;
}): { readonly sealed: SealedQuery; readonly context: HpkeContext } {
  const { enc, context } = hpkeSenderContext({
    recipient: input.bootEncryption,
    ephemeralSecret: input.ephemeralSecret,
    info: queryInfo(input.genesisHash, input.boot),
  });
  const ciphertext = context.seal(NO_AAD, encode(SignedQueryRequest, input.request));
  return { sealed: { boot: input.boot, enc, ciphertext }, context };
}

export type OpenQueryError = { readonly code: "query/not-opened" | "query/malformed" };

export function openQuery(input: {
  readonly genesisHash: Uint8Array;
  readonly bootEncryptionSecret: Uint8Array;
  readonly sealed: SealedQuery;
}): Result<
  { readonly request: SignedQueryRequest; readonly context: HpkeContext },
  OpenQueryError
> {
  const context = hpkeReceiverContext({
    secret: input.bootEncryptionSecret,
    enc: input.sealed.enc,
    info: queryInfo(input.genesisHash, input.sealed.boot),
  });
  const plaintext = context?.open(NO_AAD, input.sealed.ciphertext);
  if (context === undefined || plaintext === undefined) return fail({ code: "query/not-opened" });
  const request = decode(SignedQueryRequest, plaintext);
  return request.ok ? ok({ request: request.value, context }) : fail({ code: "query/malformed" });
}

/**
 * A later message of a session: the context that the first one made numbers messages, so each opens once and in order.
 * It carries neither certificate nor signature; both were shown in the first.
 */
export function openSessionQuery(
  context: HpkeContext,
  sealed: SealedQuery,
): Result<SignedQueryRequest, OpenQueryError> {
  const plaintext = context.open(NO_AAD, sealed.ciphertext);
  if (plaintext === undefined) return fail({ code: "query/not-opened" });
  const request = decode(SignedQueryRequest, plaintext);
  return request.ok ? request : fail({ code: "query/malformed" });
}

/** Seals the next message of the session that `first` opened. */
export function sealSessionQuery(
  first: Pick<SealedQuery, "boot" | "enc">,
  context: HpkeContext,
  request: SignedQueryRequest,
): SealedQuery {
  const ciphertext = context.seal(NO_AAD, encode(SignedQueryRequest, request));
  return { boot: first.boot, enc: first.enc, ciphertext };
}

export function sealAnswer(
  context: HpkeContext,
  nonce: Uint8Array,
  answer: SignedAnswer,
): SealedAnswer {
  const key = context.export(DOMAIN.answer, 32);
  return { nonce, ciphertext: aes256GcmSeal(key, nonce, encode(SignedAnswer, answer), NO_AAD) };
}

export function openAnswer(
  context: HpkeContext,
  sealed: SealedAnswer,
): Result<SignedAnswer, { readonly code: "answer/not-opened" | "answer/malformed" }> {
  const key = context.export(DOMAIN.answer, 32);
  const plaintext = aes256GcmOpen(key, sealed.nonce, sealed.ciphertext, NO_AAD);
  if (plaintext === undefined) return fail({ code: "answer/not-opened" });
  const answer = decode(SignedAnswer, plaintext);
  return answer.ok ? answer : fail({ code: "answer/malformed" });
}

/** A reply as one worker vouches for it before the commit is final; served by `GET /v1/replies/<command id>`. */
export const SignedReply = struct({
  contract: Hash,
  commandId: Hash,
  /** Block that included the command. */
  block: BlockRef,
  /** Absent when the command did not open. */
  sealed: option(boundedBytes(MAX_QUERY_BYTES)),
  boot: Ed25519Key,
  signature: Signature,
});
export type SignedReply = CodecType<typeof SignedReply>;

const ReplyStatement = struct({
  genesisHash: Hash,
  contract: Hash,
  commandId: Hash,
  block: BlockRef,
  sealed: option(boundedBytes(MAX_QUERY_BYTES)),
});

export function replyPayload(
  genesisHash: Uint8Array,
  reply: Omit<SignedReply, "boot" | "signature">,
): Uint8Array {
  return concatBytes(DOMAIN.reply, encode(ReplyStatement, { genesisHash, ...reply }));
}

export function verifySignedReply(genesisHash: Uint8Array, reply: SignedReply): boolean {
  return ed25519Verify(reply.boot, replyPayload(genesisHash, reply), reply.signature);
}
