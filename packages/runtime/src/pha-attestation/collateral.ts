/**
 * Collateral as chain state: what vendors signed about platforms, the newest of each slot.
 *
 * **Bounds**: `MAX_SIGNED` slots of vendors, `MAX_ENTRIES` of governance; items by their codec. **Trust**: whoever brings
 * an item is nobody: it counts by its vendor's signature, and only when it is newer than what is there. Entries that no
 * vendor signs are governance's, and loosen after the delay.
 */

import { type CollateralItemError, verifyCollateralItem } from "@pha/attestation";
import { blake2b256 } from "@pha/crypto";
import { type DispatchError, ensure, refuse } from "@pha/frame";
import {
  COLLATERAL_FREE_AFTER_MS,
  type CollateralItem,
  type CollateralSlot,
  isNewerCollateral,
} from "@pha/protocol";
import { encode } from "@pha/scale";
import {
  MAX_ENTRIES,
  MAX_SIGNED,
  type PhaAttestationContext,
  RETENTION_MS,
  touch,
} from "./declaration.ts";
import { EntryChange } from "./types.ts";

/**
 * Vendors sign the same anew all the time: whoever brings each of them pays, or everybody could fill blocks with them.
 *
 * @returns whether it was free: the first of its slot, or newer by `COLLATERAL_FREE_AFTER_MS`
 */
export function submitCollateral(ctx: PhaAttestationContext, item: CollateralItem): boolean {
  const { Collateral } = ctx.storage;
  const verified = verifyCollateralItem(item, {
    roots: ctx.config.roots,
    at: ctx.config.now(ctx),
    view: (slot) => Collateral.get(slot)?.item,
  });
  if (!verified.ok) refuse(errorOf(ctx, verified.error));
  const { slot, issuedAtMs, validUntilMs, number } = verified.value;
  const before = Collateral.get(slot);
  if (before === undefined) count(ctx, "signed", 1);
  else ensure(isNewerCollateral(verified.value, before), ctx.errors.CollateralNotNewer);
  Collateral.put(slot, { item, issuedAtMs, validUntilMs, number });
  touch(ctx);
  ctx.emit.CollateralUpdated({ slot, issuedAtMs, validUntilMs, number });
  return before === undefined || issuedAtMs >= before.issuedAtMs + COLLATERAL_FREE_AFTER_MS;
}

/** Room for others. What is dropped cannot come back: it has ended. */
export function dropCollateral(ctx: PhaAttestationContext, slot: CollateralSlot): void {
  const stored = ctx.storage.Collateral.get(slot);
  ensure(stored, ctx.errors.UnknownCollateral);
  const { validUntilMs } = stored;
  const isOver = validUntilMs + RETENTION_MS < ctx.config.now(ctx);
  ensure(isOver && !isEntry(slot), ctx.errors.CollateralInUse);
  ctx.storage.Collateral.remove(slot);
  count(ctx, "signed", -1);
  ctx.emit.CollateralDropped({ slot, validUntilMs });
}

/** A platform that is endorsed, or a phone that is no longer listed, loosens. */
export function changeEntry(ctx: PhaAttestationContext, change: EntryChange): void {
  const slot = change.type === "Put" ? slotOf(ctx, change.value) : change.value;
  ensure(isEntry(slot), ctx.errors.SignedCollateral);
  const isPut = change.type === "Put";
  const isLooser = isPut ? slot.type === "ArmPlatformKey" : slot.type === "AndroidStatus";
  if (isLooser && !isDue(ctx, change, slot)) return;
  const { Collateral } = ctx.storage;
  const before = Collateral.get(slot);
  if (isPut) {
    if (before === undefined) count(ctx, "entries", 1);
    Collateral.put(slot, entryOf(ctx, change.value));
  } else {
    ensure(before, ctx.errors.UnknownCollateral);
    Collateral.remove(slot);
    count(ctx, "entries", -1);
  }
  touch(ctx);
  ctx.emit.EntryChanged({ slot });
}

/** Announces the change the first time. */
function isDue(ctx: PhaAttestationContext, change: EntryChange, slot: CollateralSlot): boolean {
  if (ctx.config.looseningDelay === 0) return true;
  const { Announcements } = ctx.storage;
  const name = blake2b256(encode(EntryChange, change));
  const since = Announcements.get(name);
  if (since !== undefined) {
    ensure(since <= ctx.block.number, ctx.errors.TooEarly);
    Announcements.remove(name);
    return true;
  }
  const from = ctx.block.number + ctx.config.looseningDelay;
  Announcements.put(name, from);
  ctx.emit.EntryAnnounced({ slot, since: from });
  return false;
}

function isEntry({ type }: CollateralSlot): boolean {
  return type === "AndroidStatus" || type === "AndroidListedAt" || type === "ArmPlatformKey";
}

/** Of entries; what vendors sign tells its slot when it is verified. */
function slotOf({ errors }: PhaAttestationContext, item: CollateralItem): CollateralSlot {
  switch (item.type) {
    case "AndroidStatus": {
      const { serial } = item.value;
      // As certificates hold it: other spellings would never be found.
      ensure(
        serial.length > 0 && (serial.length === 1 || serial[0] !== 0),
        errors.MalformedCollateral,
      );
      return { type: item.type, value: serial };
    }
    case "AndroidListedAt":
      return { type: item.type, value: undefined };
    case "ArmPlatformKey": {
      const { instanceId, implementationId, curve, publicKey } = item.value;
      ensure(publicKey.length === (curve === "P-256" ? 64 : 96), errors.MalformedCollateral);
      return { type: item.type, value: { instanceId, implementationId } };
    }
    default:
      return refuse(errors.SignedCollateral);
  }
}

/** Google's list is compared at a time that is past, and not before it was compared last. */
function entryOf(ctx: PhaAttestationContext, item: CollateralItem) {
  const now = ctx.config.now(ctx);
  const issuedAtMs = item.type === "AndroidListedAt" ? item.value : now;
  const before = ctx.storage.Collateral.get({ type: "AndroidListedAt", value: undefined });
  ensure(issuedAtMs <= now, ctx.errors.CollateralNotCurrent);
  if (item.type === "AndroidListedAt" && before !== undefined)
    ensure(issuedAtMs > before.issuedAtMs, ctx.errors.CollateralNotNewer);
  return { item, issuedAtMs, validUntilMs: FOR_EVER, number: 0 };
}

const FOR_EVER = (1n << 64n) - 1n;

function count(ctx: PhaAttestationContext, which: "signed" | "entries", change: 1 | -1): void {
  const counts = ctx.storage.CollateralCounts.get();
  const next = counts[which] + change;
  const most = which === "signed" ? MAX_SIGNED : MAX_ENTRIES;
  ensure(next <= most, ctx.errors.TooMuchCollateral);
  ctx.storage.CollateralCounts.put({ ...counts, [which]: next });
}

function errorOf({ errors }: PhaAttestationContext, cause: CollateralItemError): DispatchError {
  switch (cause.code) {
    case "attestation/collateral-expired":
    case "attestation/collateral-not-yet-valid":
    case "attestation/certificate-validity":
      return errors.CollateralNotCurrent;
    case "attestation/certificate-revoked":
      return errors.SignerRevoked;
    case "attestation/certificate-unparsable":
    case "attestation/crl-unparsable":
    case "attestation/collateral-unparsable":
    case "collateral/other-issuer":
      return errors.MalformedCollateral;
    case "attestation/certificate-signature":
    case "attestation/certificate-chain":
    case "attestation/certificate-wrong-role":
    case "attestation/crl-signature":
    case "attestation/crl-wrong-issuer":
    case "attestation/tcb-info-signature":
    case "attestation/qe-identity-signature":
    case "attestation/collateral-mixed":
      return errors.CollateralNotSigned;
    case "collateral/no-root-crl":
      return errors.NoRootCrl;
    case "collateral/unsigned":
      return errors.UnsignedCollateral;
  }
}
