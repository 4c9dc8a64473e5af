/**
 * Execution of blocks: initialize, inherents and extrinsics, finalize.
 *
 * **Bounds**: what an extrinsic may take is decided by the extensions (weight, length) and the call codec (depth).
 * **Trust**: headers and extrinsics come from anybody; every refusal is a value. **Not here**: the state root, which
 * the caller computes from the overlay's changes, and seals.
 */
import { equalBytes, fail, ok, type Result } from "@pha/scale";
import { orderedTrieRoot } from "@pha/state";
import type { DispatchError } from "../dispatch/dispatch-error.ts";
import { NONE, signedBy } from "../dispatch/origin.ts";
import { type DispatchInfo, leastWeight, type PostDispatch } from "../dispatch/weight.ts";
import type { AnyExtension, ExtensionInput } from "../extrinsic/extension.ts";
import {
  decodeExtrinsic,
  type Extrinsic,
  type ExtrinsicFormat,
  type SignedPart,
} from "../extrinsic/extrinsic.ts";
import { type InvalidTransaction, invalid } from "../extrinsic/validity.ts";
import type { Overlay } from "../overlay.ts";
import type { DispatchOutcome } from "../pallet/env.ts";
import { isSameDigest } from "./block-parts.ts";
import { checkSignature, type SignatureRules } from "./check-signature.ts";
import type { BlockEnv } from "./env.ts";
import type { BlockHeader } from "./header.ts";
import { inherentCallOf } from "./inherents.ts";
import type { SystemPort } from "./system-port.ts";
import type { RuntimeTables } from "./tables.ts";
import { validateUnsigned } from "./unsigned.ts";

/** What became of an extrinsic that was included: its call may have failed. */
export interface ApplyOutcome {
  readonly error: DispatchError | undefined;
  readonly info: DispatchInfo;
}

export type BlockError =
  | {
      readonly code: "block/bad-extrinsic";
      readonly index: number;
      readonly reason: InvalidTransaction;
    }
  /** The number is not that after the state's last block. */
  | { readonly code: "block/wrong-number"; readonly expected: number }
  | { readonly code: "block/late-inherent"; readonly index: number }
  | { readonly code: "block/missing-inherent"; readonly identifier: string }
  | { readonly code: "block/wrong-extrinsics-root" }
  | { readonly code: "block/wrong-digest" };

export interface Executive {
  initializeBlock(overlay: Overlay, header: BlockHeader): void;
  /** A refused extrinsic leaves no trace. Signatures verified before on this fork are not verified again. */
  applyExtrinsic(overlay: Overlay, bytes: Uint8Array): Result<ApplyOutcome, InvalidTransaction>;
  /** Header with the digest; state root and extrinsics root are as given to `initializeBlock`. */
  finalizeBlock(overlay: Overlay): BlockHeader;
  /** Executes a received block and compares all but the state root. */
  executeBlock(
    overlay: Overlay,
    header: BlockHeader,
    extrinsics: readonly Uint8Array[],
  ): Result<BlockHeader, BlockError>;
}

export interface ExecutiveParts {
  readonly tables: RuntimeTables;
  readonly format: ExtrinsicFormat;
  readonly rules: SignatureRules;
  readonly system: SystemPort;
  /** A new block on the overlay, replacing one before. */
  readonly startEnv: (overlay: Overlay) => BlockEnv;
  readonly env: (overlay: Overlay) => BlockEnv;
}

export function createExecutive(parts: ExecutiveParts): Executive {
  const { tables, format, system } = parts;

  function initializeBlock(overlay: Overlay, header: BlockHeader): void {
    startBlock(parts.startEnv(overlay), header);
  }

  function startBlock(env: BlockEnv, header: BlockHeader): void {
    env.header = header;
    env.block.number = header.number;
    env.block.parentHash = header.parentHash;
    for (const item of header.digest) if (item.type === "PreRuntime") env.digest.push(item);
    system.start({ env }, header);
    for (const entry of tables.pallets) {
      const used = entry.implementation.hooks?.onInitialize?.(env.contextOf(entry));
      if (used) env.useWeight(used, "Mandatory");
    }
    env.block.extrinsicIndex = 0;
    env.phase = { type: "ApplyExtrinsic", index: 0 };
  }

  function applyExtrinsic(
    overlay: Overlay,
    bytes: Uint8Array,
  ): Result<ApplyOutcome, InvalidTransaction> {
    const decoded = decodeExtrinsic(format, bytes);
    return decoded.ok ? applyDecoded(parts.env(overlay), decoded.value) : fail(invalid("Call"));
  }

  function applyDecoded(
    env: BlockEnv,
    extrinsic: Extrinsic,
  ): Result<ApplyOutcome, InvalidTransaction> {
    const { signed, call } = extrinsic;
    const info = env.infoOf(call);
    if (signed === undefined && !inherentCallOf(tables, call)) {
      const validity = validateUnsigned(tables, env, call, "InBlock");
      if (!validity.ok) return validity;
    }
    const before = snapshot(env);
    env.state.begin();
    const outcome = signed
      ? applySigned(env, extrinsic, signed, info)
      : applyUnsigned(env, extrinsic, info);
    if (!outcome.ok) {
      env.state.rollback();
      before.restore();
      return outcome;
    }
    note(env, outcome.value.outcome, info);
    env.state.commit();
    env.usedLength += extrinsic.length;
    const next = (env.block.extrinsicIndex ?? 0) + 1;
    env.block.extrinsicIndex = next;
    env.phase = { type: "ApplyExtrinsic", index: next };
    const error = outcome.value.outcome.ok ? undefined : outcome.value.outcome.error;
    return ok({ error, info: corrected(info, outcome.value.outcome.post) });
  }

  function applySigned(
    env: BlockEnv,
    extrinsic: Extrinsic,
    signed: SignedPart,
    info: DispatchInfo,
  ): Result<{ readonly outcome: DispatchOutcome }, InvalidTransaction> {
    const ctx = { env };
    const signer = checkSignature(ctx, parts.rules, extrinsic, signed);
    if (!signer.ok) return signer;
    if (info.dispatchClass === "Mandatory") return fail(invalid("MandatoryValidation"));
    const { call, length } = extrinsic;
    const { extensions } = format;
    const prepared = new Array<unknown>(extensions.length);
    // One for all, its extra replaced, and indexes: a pair for each extension would be most of what is thrown away.
    const input = { signer: signer.value, call, info, length, extra: undefined as unknown };
    for (let i = 0; i < extensions.length; i++) {
      const extension = extensions[i];
      if (extension === undefined) continue;
      input.extra = signed.extra[i];
      const result = prepare(extension, ctx, input);
      if (!result.ok) return result;
      prepared[i] = result.value;
    }
    const outcome = env.dispatch(call, signedBy(signer.value));
    for (let i = 0; i < extensions.length; i++) {
      const extension = extensions[i];
      if (!extension?.settle) continue;
      input.extra = signed.extra[i];
      extension.settle(ctx, input, prepared[i], outcome);
    }
    return ok({ outcome });
  }

  function applyUnsigned(
    env: BlockEnv,
    { call, length }: Extrinsic,
    info: DispatchInfo,
  ): Result<{ readonly outcome: DispatchOutcome }, InvalidTransaction> {
    for (const extension of format.extensions) {
      const result = extension.prepareUnsigned?.({ env }, info, length);
      if (result && !result.ok) return result;
    }
    const outcome = env.dispatch(call, NONE);
    if (!outcome.ok && info.dispatchClass === "Mandatory") return fail(invalid("BadMandatory"));
    return ok({ outcome });
  }

  function note(env: BlockEnv, outcome: DispatchOutcome, info: DispatchInfo): void {
    const actual = corrected(info, outcome.post);
    if (outcome.ok) system.succeeded({ env }, actual);
    else system.failed({ env }, outcome.error, actual);
  }

  function finalizeBlock(overlay: Overlay): BlockHeader {
    const env = parts.env(overlay);
    const extrinsicCount = env.block.extrinsicIndex ?? 0;
    env.block.extrinsicIndex = undefined;
    env.phase = { type: "Finalization" };
    for (const entry of tables.pallets)
      entry.implementation.hooks?.onFinalize?.(env.contextOf(entry));
    const { digest, events, usedWeight, usedLength } = env;
    system.finish({ env }, { digest, events, usedWeight, usedLength, extrinsicCount });
    const { header } = env;
    return {
      parentHash: env.block.parentHash,
      number: env.block.number,
      stateRoot: header?.stateRoot ?? new Uint8Array(32),
      extrinsicsRoot: header?.extrinsicsRoot ?? new Uint8Array(32),
      digest: [...digest],
    };
  }

  function executeBlock(
    overlay: Overlay,
    header: BlockHeader,
    extrinsics: readonly Uint8Array[],
  ): Result<BlockHeader, BlockError> {
    const env = parts.startEnv(overlay);
    const expected = system.numberOf({ env }) + 1;
    if (header.number !== expected) return fail({ code: "block/wrong-number", expected });
    if (!equalBytes(orderedTrieRoot(extrinsics), header.extrinsicsRoot))
      return fail({ code: "block/wrong-extrinsics-root" });
    startBlock(env, header);
    const seen = new Set<string>();
    let signedSeen = false;
    for (const [index, bytes] of extrinsics.entries()) {
      const decoded = decodeExtrinsic(format, bytes);
      if (!decoded.ok) return fail({ code: "block/bad-extrinsic", index, reason: invalid("Call") });
      const { signed, call } = decoded.value;
      const inherent = signed ? undefined : inherentCallOf(tables, call);
      if (inherent === undefined) signedSeen = true;
      else if (signedSeen) return fail({ code: "block/late-inherent", index });
      else seen.add(inherent.identifier);
      const applied = applyDecoded(env, decoded.value);
      if (!applied.ok) return fail({ code: "block/bad-extrinsic", index, reason: applied.error });
      format.known?.delete(bytes);
    }
    for (const { implementation } of tables.pallets) {
      const { inherent } = implementation;
      if (inherent?.required && !seen.has(inherent.identifier))
        return fail({ code: "block/missing-inherent", identifier: inherent.identifier });
    }
    const made = finalizeBlock(overlay);
    return isSameDigest(made.digest, header.digest)
      ? ok(made)
      : fail({ code: "block/wrong-digest" });
  }

  return { initializeBlock, applyExtrinsic, finalizeBlock, executeBlock };
}

function prepare(
  extension: AnyExtension,
  ctx: { readonly env: BlockEnv },
  input: ExtensionInput<unknown>,
): Result<unknown, InvalidTransaction> {
  if (extension.prepare) return extension.prepare(ctx, input);
  return extension.validate ? extension.validate(ctx, input) : ok(undefined);
}

/** What was declared, less what the call gave back. */
function corrected(info: DispatchInfo, post: PostDispatch): DispatchInfo {
  if (post.weight === undefined && post.paysFee === undefined) return info;
  return {
    weight: post.weight ? leastWeight(info.weight, post.weight) : info.weight,
    dispatchClass: info.dispatchClass,
    paysFee: info.paysFee && (post.paysFee ?? true),
  };
}

/** Counters of the block that a refused extrinsic must not move. */
function snapshot(env: BlockEnv): { restore(): void } {
  const events = env.events.length;
  const logs = env.digest.length;
  const { Normal, Operational, Mandatory } = env.usedWeight;
  const { usedLength } = env;
  return {
    restore() {
      env.events.length = events;
      env.digest.length = logs;
      Object.assign(env.usedWeight, { Normal, Operational, Mandatory });
      env.usedLength = usedLength;
    },
  };
}
