/**
 * Brings what pRuntimes say to the chain: signs with the operator's account, submits, watches, repeats.
 *
 * Everything that is ready leaves at once over one connection, which keeps the order of nonces; decisions are the
 * queue's (`submit-queue.ts`).
 */
import { BootRecord, Registration, STORAGE } from "@pha/protocol";
import {
  concatBytes,
  decode,
  decodeFrom,
  encode,
  equalBytes,
  Reader,
  toHex,
  u64,
} from "@pha/scale";
import { type Signer, type SigningContext, type StorageItem, signExtrinsic } from "@pha/sdk";
import { reasonOf, type WorkerLog } from "../log.ts";
import type { ChainHead } from "../node/header-json.ts";
import type { NodeClient } from "../node/node-client.ts";
import { callPrefix } from "./call-prefix.ts";
import { cannotPay, verdictOf } from "./refusal.ts";
import type { FinalizedView, NewEntry, Report, Submission, Verdict } from "./submission.ts";
import {
  createSubmitQueue,
  MORTAL_BLOCKS,
  type QueueLimits,
  type SubmitQueue,
} from "./submit-queue.ts";

/** One boot of a pRuntime, as a sender of messages. */
export interface Lane {
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
}

export interface Submitter {
  readonly size: SubmitQueue["size"];
  /** Free balance of the operator in plancks, as last seen. */
  readonly balance: bigint;
  open(lane: Lane): void;
  /** Arguments are SCALE as they came: registration ‖ evidence. `false` when there is no room. */
  register(lane: Lane, args: Uint8Array): boolean;
  /** SCALE `SignedMessage`. */
  message(lane: Lane, sequence: bigint, signed: Uint8Array): boolean;
  /** SCALE `CollateralItem`s, which leave in this order. `false` when there is no room for all. */
  collateral(items: readonly Uint8Array[]): boolean;
  close(lane: Lane): void;
  onHead(head: ChainHead): void;
  stop(): void;
}

export interface SubmitterOptions {
  readonly node: NodeClient;
  readonly signer: Signer;
  readonly log: WorkerLog;
  /** The boot's messages cannot reach the chain any more. */
  readonly onLaneBroken: (boot: Uint8Array, reason: string) => void;
  readonly onOutcome?: (kind: NewEntry["kind"], outcome: "settled" | "dropped") => void;
  readonly limits?: Partial<QueueLimits>;
  /** @default 250 */
  readonly retryMs?: number;
}

const MAX_RETRY_MS = 5_000;
const WARN_MS = 60_000;

export async function startSubmitter(options: SubmitterOptions): Promise<Submitter> {
  const { node, signer, log } = options;
  const firstRetryMs = options.retryMs ?? 250;
  let signing: SigningContext = await node.signingContext();
  let calls = prefixesOf(signing);
  let ingress = signing.metadata.storage("PhalaMq", "OffchainIngress");
  const accountKey = accountKeyOf(signing, signer);
  let head = await node.finalizedHead();
  const queue = createSubmitQueue(
    await node.nextNonce(signer.address),
    concatBytes(calls.remark, Uint8Array.of(0)),
    options.limits,
  );
  const lanes = new Map<string, Lane>();
  /** By entry; sent again as they are while they live. */
  const signedBytes = new Map<number, Uint8Array>();
  let balance = 0n;
  let isPumpPlanned = false;
  let sending: Promise<void> = Promise.resolve();
  let retryMs = firstRetryMs;
  let retry: NodeJS.Timeout | undefined;
  let viewing: Promise<void> | undefined;
  let viewedBlock = -1;
  let stopped = false;
  /** Lanes of collateral: one for each time that some was brought. */
  let collateralLanes = 0;
  let warnedAt = Number.NEGATIVE_INFINITY;

  function plan(): void {
    if (isPumpPlanned || stopped) return;
    isPumpPlanned = true;
    // After the frames of this turn of the event loop: messages that came together leave together.
    setImmediate(() => {
      isPumpPlanned = false;
      const submissions = queue.next();
      if (submissions.length > 0) sending = sending.then(() => send(submissions)).catch(onBug);
    });
  }

  function onBug(error: unknown): void {
    log.error({ reason: reasonOf(error) }, "submitting failed unexpectedly");
  }

  /** Signs all, then writes all requests without waiting for answers. */
  async function send(submissions: readonly Submission[]): Promise<void> {
    for (const submission of submissions) {
      if (stopped) return;
      const bytes = await extrinsicOf(submission);
      node
        .submit(bytes)
        .then(
          (): Verdict => ({ type: "accepted" }),
          (error: unknown) => {
            const verdict = verdictOf(error);
            log.debug(
              { nonce: submission.nonce, verdict: verdict.type, reason: reasonOf(error) },
              "an extrinsic was refused",
            );
            warnOfPayment(error);
            return verdict;
          },
        )
        .then((verdict) => settle(submission, verdict))
        .catch(onBug);
    }
  }

  function warnOfPayment(error: unknown): void {
    if (!cannotPay(error) || performance.now() - warnedAt < WARN_MS) return;
    warnedAt = performance.now();
    log.warn({ address: signer.address }, "the operator's account cannot pay; give it funds");
  }

  async function extrinsicOf({ id, nonce, call, tip, sign }: Submission): Promise<Uint8Array> {
    const known = sign ? undefined : signedBytes.get(id);
    if (known !== undefined) return known;
    const mortality = { number: head.number, hash: head.hash, period: MORTAL_BLOCKS };
    const bytes = await signExtrinsic(signing, signer, call, { nonce, tip, mortality });
    signedBytes.set(id, bytes);
    return bytes;
  }

  function settle({ ticket }: Submission, verdict: Verdict): void {
    if (stopped) return;
    if (verdict.type === "lost") planRetry();
    else retryMs = firstRetryMs;
    perform(queue.verdict(ticket, verdict));
    // A spec version that changed shows as a bad proof.
    if (verdict.type === "expired") void refreshContext().finally(plan);
    else if (verdict.type === "occupied" || verdict.type === "invalid") plan();
  }

  async function refreshContext(): Promise<void> {
    try {
      signing = await node.signingContext();
      calls = prefixesOf(signing);
      ingress = signing.metadata.storage("PhalaMq", "OffchainIngress");
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, "the chain's metadata could not be read again");
    }
  }

  function planRetry(): void {
    if (retry !== undefined || stopped) return;
    retry = setTimeout(() => {
      retry = undefined;
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      plan();
    }, retryMs);
  }

  function perform(reports: readonly Report[]): void {
    for (const report of reports) {
      switch (report.type) {
        case "settled":
          options.onOutcome?.(report.entry.kind, "settled");
          if (report.entry.kind === "registration")
            log.info({ boot: report.entry.lane }, "registration is finalized");
          break;
        case "dropped":
          options.onOutcome?.(report.entry.kind, "dropped");
          log.warn(
            {
              boot: report.entry.lane,
              kind: report.entry.kind,
              sequence: report.entry.sequence?.toString(),
              reason: report.reason,
            },
            "the chain does not accept an extrinsic of a pRuntime; it was dropped",
          );
          break;
        case "lane-broken": {
          const lane = lanes.get(report.lane);
          lanes.delete(report.lane);
          if (lane !== undefined) options.onLaneBroken(lane.boot, report.reason);
          break;
        }
        case "resync":
          node
            .nextNonce(signer.address)
            .then((nonce) => {
              queue.resync(nonce);
              plan();
            })
            .catch((error: unknown) => {
              log.debug({ reason: reasonOf(error) }, "the next nonce could not be read");
              planRetry();
            });
          break;
      }
    }
  }

  /** Account, ingress and boots of the open lanes at the newest finalized block. */
  async function view(): Promise<void> {
    while (!stopped && viewedBlock < head.number) {
      const at = head;
      const { messages, registrations } = queue.lanes();
      const asked = [...new Set([...messages, ...registrations])].flatMap((name) => {
        const lane = lanes.get(name);
        return lane === undefined ? [] : [{ name, ...lane }];
      });
      const keys = [accountKey];
      for (const { identity } of asked) {
        keys.push(STORAGE.boot.key(identity));
        if (ingress !== undefined) keys.push(ingress.key({ type: "Worker", value: identity }));
      }
      const values = await node.storage(keys, at.hash);
      const account = values[0];
      const perLane = ingress === undefined ? 1 : 2;
      const expected = new Map<string, bigint>();
      const registered = new Map<string, number>();
      for (const [index, { name, boot }] of asked.entries()) {
        const record = values[1 + index * perLane];
        const on = record && registeredAt(record, boot);
        if (on === undefined) continue;
        registered.set(name, on);
        if (ingress !== undefined)
          expected.set(name, sequenceOf(ingress, values[2 + index * perLane]));
      }
      viewedBlock = at.number;
      balance = balanceOf(account);
      const finalized: FinalizedView = {
        block: at.number,
        nonce: nonceOf(account),
        expected,
        registered,
      };
      perform(queue.finalized(finalized));
      forgetSettled();
      plan();
    }
  }

  function forgetSettled(): void {
    if (queue.size.inFlight === 0 && queue.size.waiting === 0) signedBytes.clear();
    // Entries are numbered upwards, so the oldest signatures are those long settled.
    for (const id of signedBytes.keys()) {
      if (signedBytes.size <= 2 * MAX_SIGNED) return;
      signedBytes.delete(id);
    }
  }

  function push(
    lane: Lane,
    kind: "registration" | "message",
    call: Uint8Array,
    more: { readonly sequence?: bigint; readonly at?: number },
  ) {
    const pushed = queue.push({ lane: toHex(lane.boot), kind, call, ...more });
    if (pushed.ok) plan();
    return pushed.ok;
  }

  return {
    get size() {
      return queue.size;
    },
    get balance() {
      return balance;
    },
    open(lane) {
      lanes.set(toHex(lane.boot), lane);
    },
    register: (lane, args) =>
      push(lane, "registration", concatBytes(calls.register, args), { at: evidenceBlock(args) }),
    message: (lane, sequence, signed) =>
      push(lane, "message", concatBytes(calls.message, signed), { sequence }),
    collateral(items) {
      const lane = `collateral-${++collateralLanes}`;
      const pushed = items.every((item) => {
        const call = concatBytes(calls.collateral, item);
        return queue.push({ lane, kind: "collateral", call }).ok;
      });
      plan();
      return pushed;
    },
    close(lane) {
      lanes.delete(toHex(lane.boot));
      queue.closeLane(toHex(lane.boot));
    },
    onHead(next) {
      if (next.number < head.number) return;
      head = next;
      if (viewing !== undefined || stopped) return;
      viewing = view()
        .catch((error: unknown) => {
          log.debug({ reason: reasonOf(error) }, "the operator's account could not be read");
          planRetry();
        })
        .finally(() => {
          viewing = undefined;
        });
    },
    stop() {
      stopped = true;
      clearTimeout(retry);
    },
  };
}

const MAX_SIGNED = 512;

function prefixesOf({ metadata }: SigningContext) {
  return {
    message: callPrefix(metadata, "PhalaMq", "sync_offchain_message"),
    register: callPrefix(metadata, "PhalaRegistry", "register_worker_v2"),
    collateral: callPrefix(metadata, "PhaAttestation", "submit_collateral"),
    remark: callPrefix(metadata, "System", "remark"),
  };
}

function accountKeyOf({ metadata }: SigningContext, signer: Signer): Uint8Array {
  return metadata.storage("System", "Account")?.key(signer.publicKey) ?? new Uint8Array(0);
}

/** `System.Account` starts with the nonce; the free balance follows three reference counts. */
function nonceOf(account: Uint8Array | undefined): number {
  if (account === undefined || account.length < 4) return 0;
  return new DataView(account.buffer, account.byteOffset).getUint32(0, true);
}

function balanceOf(account: Uint8Array | undefined): bigint {
  if (account === undefined || account.length < 32) return 0n;
  const view = new DataView(account.buffer, account.byteOffset);
  return view.getBigUint64(16, true) | (view.getBigUint64(24, true) << 64n);
}

/** Block that the boot's evidence names; `undefined` when another boot is registered. */
function registeredAt(record: Uint8Array, boot: Uint8Array): number | undefined {
  const decoded = decode(BootRecord, record);
  if (!decoded.ok) return undefined;
  const { registration } = decoded.value;
  return equalBytes(registration.boot, boot) ? registration.at.number : undefined;
}

/** @param args registration and evidence, as pRuntime encoded them */
function evidenceBlock(args: Uint8Array): number {
  const decoded = decodeFrom(Registration, new Reader(args));
  return decoded.ok ? decoded.value.at.number : 0;
}

function sequenceOf(ingress: StorageItem, stored: Uint8Array | undefined): bigint {
  const value = decode(ingress.value, stored ?? ingress.fallback ?? encode(u64, 0n));
  return value.ok && typeof value.value === "bigint" ? value.value : 0n;
}
