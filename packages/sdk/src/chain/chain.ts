/** A chain as the SDK uses it: metadata, extrinsics to finality, storage with proofs under verified headers. */

import { blake2b256 } from "@pha/crypto";
import { type Codec, decode, fail, ok, PhaError, parseHex, type Result, toHex } from "@pha/scale";
import { decodeMetadata, type RuntimeMetadata } from "../metadata/runtime-metadata.ts";
import type { RpcTransport } from "../rpc/transport.ts";
import type { Signer } from "./accounts.ts";
import { signExtrinsic } from "./extrinsic.ts";
import type { FinalityFollower } from "./follower.ts";
import { type ChainProvider, nodeProvider } from "./provider.ts";
import type { VerifiedBlock } from "./verified-heads.ts";

/** Where an extrinsic went. */
export interface Included {
  /** blake2b-256 of the extrinsic. */
  readonly hash: Uint8Array;
  readonly blockNumber: number;
  readonly blockHash: Uint8Array;
}

/** How an extrinsic is submitted. */
export interface SubmitOptions {
  /** Default `finalized`. */
  readonly until?: "submitted" | "in-block" | "finalized";
  readonly tip?: bigint;
  readonly timeoutMs?: number;
}

/** The chain as this program verified it. */
export interface Chain {
  readonly rpc: RpcTransport;
  readonly metadata: RuntimeMetadata;
  readonly finality: FinalityFollower;
  readonly genesisHash: Uint8Array;
  /** Encodes a call by the names in metadata. */
  call(pallet: string, name: string, args: unknown): Uint8Array;
  /** Signs, submits and waits; a failed dispatch is an error that names pallet and reason. */
  submit(signer: Signer, call: Uint8Array, options?: SubmitOptions): Promise<Included>;
  /** Value proven under a verified finalized block (the head when absent). */
  read<T>(
    item: { readonly key: Uint8Array; readonly value: Codec<T> },
    at?: VerifiedBlock,
  ): Promise<T | undefined>;
  /** Values of several items of one form, in their order, all under one block. */
  readAll<T>(
    items: readonly { readonly key: Uint8Array; readonly value: Codec<T> }[],
    at?: VerifiedBlock,
  ): Promise<readonly (T | undefined)[]>;
  /** Free balance in plancks at the best block, not proven. */
  balance(account: Uint8Array): Promise<bigint>;
  close(): void;
}

/** Blocks that an extrinsic stays valid: longer where a person reads it in a wallet before it is sent. */
export function validBlocks(signer: Signer): number {
  return signer.signExtrinsic === undefined ? 64 : 512;
}

const NONCE_ATTEMPTS = 4;
/** What nodes answer to an extrinsic of a taken nonce. */
const NONCE_TAKEN = 1014;

/**
 * Follows the chain of a node, which is not trusted, or of a provider.
 *
 * @param source a node's RPC, whose proofs are checked here, or a provider that checks them itself
 */
export async function openChain(
  source: RpcTransport | ChainProvider,
  expectedGenesis?: Uint8Array,
): Promise<Chain> {
  const provider = "follow" in source ? source : nodeProvider(source);
  const { rpc } = provider;
  const finality = await provider.follow(expectedGenesis);
  const [encoded, version] = await Promise.all([
    rpc.request("state_getMetadata", []),
    rpc.request("state_getRuntimeVersion", []),
  ]);
  const metadata = metadataOf(encoded);
  // An object of any fields; the values are used as numbers in what is signed, and the chain refuses wrong ones.
  const { specVersion, transactionVersion } = version as Readonly<Record<string, number>>;
  const signing = {
    metadata,
    genesisHash: finality.genesisHash,
    specVersion: specVersion ?? 0,
    transactionVersion: transactionVersion ?? 0,
  };
  const nonces = new Map<string, Promise<number>>();

  /** Consecutive for extrinsics made at the same time by this program. */
  function nextNonce(signer: Signer): Promise<number> {
    const former = nonces.get(signer.address);
    const next = (async () => {
      const asked = Number(await rpc.request("system_accountNextIndex", [signer.address]));
      const used = former === undefined ? -1 : await former.catch(() => -1);
      return Math.max(asked, used + 1);
    })();
    nonces.set(signer.address, next);
    return next;
  }

  function encodeCall(pallet: string, name: string, args: unknown): Uint8Array {
    const call = metadata.encodeCall(pallet, name, args);
    if (call === undefined)
      throw new PhaError("chain/unknown-call", `the chain has no call ${pallet}.${name}`, {
        facts: { pallet, call: name },
        hint: "Use an SDK release made for this chain's runtime.",
      });
    return call;
  }

  /** Another program of the same account, such as a second tab, may take a nonce first: then the next one is asked for. */
  async function submit(
    signer: Signer,
    call: Uint8Array,
    options: SubmitOptions = {},
  ): Promise<Included> {
    for (let attempt = 1; ; attempt++)
      try {
        return await submitOnce(signer, call, options);
      } catch (error) {
        if (attempt === NONCE_ATTEMPTS || !isNonceTaken(error)) throw error;
      }
  }

  async function submitOnce(
    signer: Signer,
    call: Uint8Array,
    options: SubmitOptions,
  ): Promise<Included> {
    const { head } = finality;
    const nonce = await nextNonce(signer);
    const extrinsic = await signExtrinsic(signing, signer, call, {
      nonce,
      ...(options.tip !== undefined && { tip: options.tip }),
      mortality: {
        number: head.number,
        hash: head.hash,
        period: validBlocks(signer),
      },
    }).catch((error: unknown) => {
      nonces.delete(signer.address);
      throw error;
    });
    const hash = blake2b256(extrinsic);
    try {
      const place = await watch(rpc, toHex(extrinsic), options);
      if (place === undefined) return { hash, blockNumber: 0, blockHash: new Uint8Array(32) };
      return await outcomeOf(place, hash, extrinsic);
    } catch (error) {
      nonces.delete(signer.address);
      throw cannotPay(error, signer.address) ?? error;
    }
  }

  /** Looks the extrinsic's own events up in its block. */
  async function outcomeOf(
    blockHashHex: string,
    hash: Uint8Array,
    extrinsic: Uint8Array,
  ): Promise<Included> {
    const eventsItem = metadata.storage("System", "Events");
    const [block, events] = await Promise.all([
      rpc.request("chain_getBlock", [blockHashHex]),
      rpc.request("state_getStorage", [
        toHex(eventsItem?.key() ?? new Uint8Array(0)),
        blockHashHex,
      ]),
    ]);
    const place = placeOf(block, toHex(extrinsic));
    const blockHash = parseHex(blockHashHex, 32);
    if (place === undefined || !blockHash.ok) throw noOutcome(blockHashHex);
    const failure = failureOf(metadata, events, place.index);
    if (!failure.ok) throw noOutcome(blockHashHex);
    if (failure.value !== undefined) throw failure.value;
    return { hash, blockNumber: place.blockNumber, blockHash: blockHash.value };
  }

  return {
    rpc,
    metadata,
    finality,
    genesisHash: finality.genesisHash,
    call: encodeCall,
    submit,
    async read(item, at = finality.head) {
      return provenValue(item, await provider.read(item.key, at));
    },
    async readAll(items, at = finality.head) {
      const keys = items.map(({ key }) => key);
      const stored = await (provider.readAll === undefined
        ? Promise.all(keys.map((key) => provider.read(key, at)))
        : provider.readAll(keys, at));
      return items.map((item, i) => provenValue(item, stored[i]));
    },
    async balance(account) {
      const item = metadata.storage("System", "Account");
      if (item === undefined) return 0n;
      const stored = await rpc.request("state_getStorage", [toHex(item.key(account))]);
      if (stored === null) return 0n;
      const encoded = typeof stored === "string" ? parseHex(stored) : undefined;
      const decoded = encoded?.ok ? decode(item.value, encoded.value) : undefined;
      if (!decoded?.ok) throw unreadable(toHex(item.key(account)));
      // The codec was made from metadata in which `System.Account` has these fields.
      return (decoded.value as { readonly data: { readonly free: bigint } }).data.free;
    },
    close() {
      finality.stop();
      rpc.close();
    },
  };
}

function provenValue<T>(
  { key, value }: { readonly key: Uint8Array; readonly value: Codec<T> },
  stored: Uint8Array | undefined,
): T | undefined {
  if (stored === undefined) return undefined;
  const decoded = decode(value, stored);
  if (!decoded.ok) throw unreadable(toHex(key));
  return decoded.value;
}

/** Of a value that is there and does not decode: to pass over it would be to say that it is not there. */
function unreadable(key: string): PhaError {
  return new PhaError("chain/unreadable-value", "a stored value has another shape than expected", {
    facts: { key },
    hint: "Use an SDK release made for this chain's runtime.",
  });
}

function metadataOf(answer: unknown): RuntimeMetadata {
  const encoded = typeof answer === "string" ? parseHex(answer) : undefined;
  const decoded = encoded?.ok ? decodeMetadata(encoded.value) : undefined;
  if (!decoded?.ok)
    throw new PhaError("chain/bad-metadata", "the node's metadata cannot be read", {
      hint: "Use an SDK release made for this chain's runtime.",
    });
  return decoded.value;
}

/** Block hash in hex where the extrinsic is, once it is as far as wanted; `undefined` for `submitted`. */
function watch(
  rpc: RpcTransport,
  extrinsic: string,
  options: SubmitOptions,
): Promise<string | undefined> {
  const { until = "finalized", timeoutMs = 60_000 } = options;
  if (until === "submitted")
    return rpc.request("author_submitExtrinsic", [extrinsic]).then(() => undefined);
  return new Promise((resolve, reject) => {
    let stop: (() => void) | undefined;
    let settled = false;
    const timer = setTimeout(
      () =>
        settle(() =>
          reject(
            new PhaError(
              "chain/not-finalized",
              `the extrinsic was not ${until} in ${timeoutMs} ms`,
              {
                facts: { timeoutMs },
                hint: "It may still be included: look for its hash before you send it again.",
              },
            ),
          ),
        ),
      timeoutMs,
    );
    const settle = (then: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      stop?.();
      then();
    };
    rpc
      .subscribe(
        "author_submitAndWatchExtrinsic",
        [extrinsic],
        "author_unwatchExtrinsic",
        (status) => {
          if (typeof status === "string") {
            if (["invalid", "dropped", "usurped"].includes(status))
              settle(() => reject(gone(status)));
            return;
          }
          // Any fields, each looked at before use.
          const { inBlock, finalized, usurped } = status as Readonly<Record<string, unknown>>;
          if (until === "in-block" && typeof inBlock === "string") settle(() => resolve(inBlock));
          if (typeof finalized === "string") settle(() => resolve(finalized));
          if (usurped !== undefined) settle(() => reject(gone("usurped")));
        },
        (error) => settle(() => reject(error)),
      )
      .then((unsubscribe) => {
        stop = unsubscribe;
        if (settled) unsubscribe();
      })
      .catch((error: unknown) => settle(() => reject(error)));
  });
}

/** Of a refusal for want of the fee, which the pool says by a word of its own. */
function cannotPay(error: unknown, address: string): PhaError | undefined {
  if (!(error instanceof PhaError) || error.code !== "rpc/refused") return undefined;
  if (error.facts["rpcCode"] !== 1010 || !/\bPayment\b/.test(error.message)) return undefined;
  return new PhaError("chain/cannot-pay", "the account cannot pay the fee", {
    facts: { address },
    hint: "Send the account some PHA, or use another one; nothing was sent.",
    cause: error,
  });
}

/** Refused because one of the same nonce waits that pays as much: nothing of this one was taken. */
function isNonceTaken(error: unknown): boolean {
  return error instanceof PhaError && error.facts["rpcCode"] === NONCE_TAKEN;
}

function gone(status: string): PhaError {
  return new PhaError("chain/extrinsic-gone", `the extrinsic is ${status}`, {
    facts: { status },
    hint: "Check nonce, balance and whether another extrinsic took its place; then send it again.",
  });
}

function noOutcome(block: string): PhaError {
  return new PhaError("chain/no-outcome", "the node does not show what became of the extrinsic", {
    facts: { block },
    hint: "Look for the extrinsic's hash on another node before you send it again.",
  });
}

/** Where the untrusted node's block has the extrinsic; `undefined` when it does not, or is no block. */
function placeOf(
  answer: unknown,
  extrinsic: string,
): { readonly index: number; readonly blockNumber: number } | undefined {
  const { extrinsics, header } = fieldsOf(fieldsOf(answer)["block"]);
  const blockNumber = Number(fieldsOf(header)["number"]);
  const index = Array.isArray(extrinsics) ? extrinsics.indexOf(extrinsic) : -1;
  return index < 0 || !Number.isSafeInteger(blockNumber) ? undefined : { index, blockNumber };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Why the extrinsic failed, if it did; no answer when the events are missing or cannot be read. */
function failureOf(
  metadata: RuntimeMetadata,
  events: unknown,
  index: number,
): Result<PhaError | undefined, undefined> {
  const encoded = typeof events === "string" ? parseHex(events) : undefined;
  const records = encoded?.ok ? decode(metadata.events, encoded.value) : undefined;
  if (!records?.ok) return fail(undefined);
  // The codec of `System.Events` in metadata gives records of this form.
  for (const record of records.value as readonly EventRecord[]) {
    const { phase, event } = record;
    if (phase.type !== "ApplyExtrinsic" || phase.value !== index) continue;
    if (event.type === "System" && event.value.type === "ExtrinsicFailed")
      return ok(dispatchError(metadata, event.value.value));
    const refused = rootRefusal(event);
    if (refused !== undefined) return ok(dispatchError(metadata, { dispatch_error: refused }));
  }
  return ok(undefined);
}

/** Why the call that `Sudo.sudo` made as root failed, if it did: the extrinsic itself succeeds all the same. */
function rootRefusal({ type, value }: EventRecord["event"]): unknown {
  if (type !== "Sudo" || value.type !== "Sudid") return undefined;
  const result = fieldsOf(fieldsOf(value.value)["sudo_result"]);
  return result["type"] === "Err" ? result["value"] : undefined;
}

interface EventRecord {
  readonly phase: { readonly type: string; readonly value: unknown };
  readonly event: {
    readonly type: string;
    readonly value: { readonly type: string; readonly value: unknown };
  };
}

function dispatchError(metadata: RuntimeMetadata, value: unknown): PhaError {
  // Decoded by the metadata's `DispatchError`.
  const error = (value as Record<string, unknown>)["dispatch_error"] as
    | { readonly type: string; readonly value: unknown }
    | undefined;
  if (error?.type === "Module") {
    // The variant `Module` has these two fields.
    const module = error.value as { readonly index: number; readonly error: Uint8Array };
    const known = metadata.errorOf(module.index, module.error[0] ?? 0);
    if (known)
      return new PhaError("chain/dispatch-failed", `${known.name}: ${known.docs}`, {
        facts: { error: known.name },
        hint: "The chain included the extrinsic and refused the call; the fee is paid.",
      });
  }
  const name = error === undefined ? "unknown" : error.type;
  return new PhaError("chain/dispatch-failed", `the call failed: ${name}`, {
    facts: { error: name },
    hint: "The chain included the extrinsic and refused the call; the fee is paid.",
  });
}
