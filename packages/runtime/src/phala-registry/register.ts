/**
 * Registration of a boot (protocol §1).
 *
 * **Trust**: registration and evidence are hostile until the evidence binds the one to a program on the allow-list. A
 * replayed registration cannot bring an older boot back: replaced boots stay known as long as their evidence is fresh.
 */
import type { AttestationResult } from "@pha/attestation";
import { type AccountId, ensure } from "@pha/frame";
import {
  type Registration,
  registrationReportData,
  type Suspension,
  type SuspensionReason,
} from "@pha/protocol";
import { equalBytes } from "@pha/scale";
import { MAX_RETIRED, type PhalaRegistryContext, RECENT_BLOCKS } from "./declaration.ts";
import { grantLease } from "./leases.ts";
import { suspend } from "./suspension.ts";
import { enrol, noteDue } from "./sweep.ts";
import { gradeOf, providerOf } from "./types.ts";
import { isNewEnough } from "./versions.ts";

export interface RegisterInput {
  readonly caller: AccountId;
  readonly registration: Registration;
  readonly evidence: Uint8Array;
}

export function register(ctx: PhalaRegistryContext, input: RegisterInput): void {
  const { caller, registration, evidence } = input;
  const { identity, boot, role } = registration;
  ensureForThisChain(ctx, registration);
  ensure(equalBytes(registration.operator, caller), ctx.errors.OtherOperator);
  ensure(isNewEnough(ctx, registration.version), ctx.errors.OldVersion);
  const current = ctx.storage.Boots.get(identity)?.registration;
  ensureNewer(ctx, registration, current);
  if (role.type === "Gatekeeper")
    ensure(ctx.config.isGatekeeperOperator(ctx, caller), ctx.errors.NotGatekeeperOperator);
  const suspension = ctx.storage.Suspended.get(identity);
  const mayReturn = suspension !== undefined && isLiftedBy(boot, suspension);
  ensure(suspension === undefined || mayReturn, ctx.errors.Suspended);
  const reportData = registrationReportData(registration);
  const attested = ctx.config.evidence.attest(ctx, {
    evidence,
    reportData,
    role,
    blockAge: ctx.block.number - registration.at.number,
  });
  ensure(isAdmitted(ctx, identity, attested), ctx.errors.Frozen);
  if (!takePlatform(ctx, registration, attested)) return;
  if (mayReturn) {
    ctx.storage.Suspended.remove(identity);
    ctx.emit.SuspensionLifted({ pubkey: identity });
  }
  store(ctx, input, attested, current);
  const previousBoot = current?.boot;
  for (const tell of ctx.config.onRegistered) tell(ctx, { registration, previousBoot });
}

/** Suspensions that a new boot lifts: its evidence is judged anew. */
const ENDS_WITH_THE_BOOT: ReadonlySet<SuspensionReason["type"]> = new Set([
  "Dissent",
  "Denied",
  "NotExecuted",
  "OldVersion",
]);

/** Who lost its grade returns with any evidence that satisfies. */
function isLiftedBy(boot: Uint8Array, suspension: Suspension): boolean {
  const { type } = suspension.reason;
  if (ENDS_WITH_THE_BOOT.has(type)) return !equalBytes(suspension.boot, boot);
  return type === "Evidence";
}

function ensureForThisChain(ctx: PhalaRegistryContext, registration: Registration): void {
  const { genesisHash, at } = registration;
  const genesis = ctx.config.blockHash(ctx, 0);
  ensure(genesis && equalBytes(genesisHash, genesis), ctx.errors.OtherNetwork);
  ensure(at.number + RECENT_BLOCKS >= ctx.block.number, ctx.errors.OldBlock);
  const hash = ctx.config.blockHash(ctx, at.number);
  ensure(hash && equalBytes(at.hash, hash), ctx.errors.UnknownBlock);
}

/** A boot that was replaced stays replaced, whoever sends its registration again. */
function ensureNewer(
  ctx: PhalaRegistryContext,
  registration: Registration,
  current: Registration | undefined,
): void {
  if (current === undefined) return;
  const { identity, boot, role, at } = registration;
  ensure(role.type === current.role.type, ctx.errors.RoleChanged);
  ensure(at.number >= current.at.number, ctx.errors.OlderThanCurrent);
  if (equalBytes(boot, current.boot)) return;
  const retired = ctx.storage.Retired.get(identity).filter(
    (one) => one.at + RECENT_BLOCKS >= ctx.block.number,
  );
  ensure(!retired.some((one) => equalBytes(one.boot, boot)), ctx.errors.RetiredBoot);
  ensure(retired.length < MAX_RETIRED, ctx.errors.TooManyBoots);
  ctx.storage.Retired.put(identity, [...retired, { boot: current.boot, at: current.at.number }]);
}

/** While admissions are frozen a worker may start again on the platform it had, and nobody else comes in. */
function isAdmitted(
  { storage }: PhalaRegistryContext,
  identity: Uint8Array,
  { platformId, isNamed }: AttestationResult,
): boolean {
  if (!storage.FrozenSince.exists()) return true;
  if (!storage.Boots.has(identity)) return false;
  const before = storage.PlatformOf.get(identity);
  return isNamed ? before !== undefined && equalBytes(before, platformId) : before === undefined;
}

/** One worker per platform; a platform at two operators takes both out. */
function takePlatform(
  ctx: PhalaRegistryContext,
  { identity, operator, boot }: Registration,
  { platformId, isNamed }: AttestationResult,
): boolean {
  const before = ctx.storage.PlatformOf.get(identity);
  if (!isNamed) {
    // What names a provider only must not let one of its customers take another one out.
    if (before) ctx.storage.PlatformIds.remove(before);
    ctx.storage.PlatformOf.remove(identity);
    return true;
  }
  const owner = ctx.storage.PlatformIds.get(platformId);
  if (owner && !equalBytes(owner.operator, operator)) {
    suspend(ctx, owner.identity, "SharedPlatform");
    suspend(ctx, identity, "SharedPlatform", boot);
    ctx.emit.RegistrationRefused({ pubkey: identity, operator, platformId });
    return false;
  }
  if (owner && !equalBytes(owner.identity, identity)) {
    const former = ctx.storage.Boots.get(owner.identity);
    if (former) ctx.storage.Leases.remove(former.registration.boot);
    ctx.storage.Boots.remove(owner.identity);
    ctx.storage.Evidence.remove(owner.identity);
    ctx.storage.Grades.remove(owner.identity);
    ctx.storage.PlatformOf.remove(owner.identity);
    ctx.emit.PlatformMoved({ platformId, from: owner.identity, to: identity });
    for (const tell of ctx.config.onLost)
      tell(ctx, { identity: owner.identity, cause: "PlatformMoved" });
  }
  if (before && !equalBytes(before, platformId)) ctx.storage.PlatformIds.remove(before);
  ctx.storage.PlatformOf.put(identity, platformId);
  ctx.storage.PlatformIds.put(platformId, { operator, identity });
  return true;
}

function store(
  ctx: PhalaRegistryContext,
  { registration, evidence }: RegisterInput,
  attested: AttestationResult,
  current: Registration | undefined,
): void {
  const { identity, boot, operator, version, features, at } = registration;
  const isNewBoot = current === undefined || !equalBytes(current.boot, boot);
  ctx.storage.Boots.put(identity, {
    registration,
    registeredAt: { number: ctx.block.number, hash: ctx.block.parentHash },
  });
  ctx.storage.Evidence.put(identity, evidence);
  const { measurement, confidence } = attested;
  if (!ctx.storage.Workers.has(identity)) enrol(ctx, identity);
  const grade = gradeOf(attested, {
    shownAtMs: ctx.config.now(ctx),
    blockAge: ctx.block.number - at.number,
    revision: ctx.config.evidence.revision(ctx),
  });
  ctx.storage.Grades.put(identity, grade);
  noteDue(ctx, grade, registration);
  const attestationProvider = providerOf(attested);
  ctx.storage.Workers.put(identity, {
    pubkey: identity,
    ecdhPubkey: identity,
    runtimeVersion: version,
    lastUpdated: ctx.config.now(ctx) / 1000n,
    operator,
    attestationProvider,
    confidenceLevel: confidence,
    initialScore: undefined,
    features: [features],
  });
  const facts = { pubkey: identity, attestationProvider, confidenceLevel: confidence };
  if (current) ctx.emit.WorkerUpdated(facts);
  else ctx.emit.WorkerAdded(facts);
  if (!isNewBoot) return;
  if (current) ctx.storage.Leases.remove(current.boot);
  ctx.config.queue.restart(ctx, identity);
  ctx.emit.BootRegistered({ pubkey: identity, boot, measurement });
  grantLease(ctx, boot, { nonce: NO_NONCE, head: at });
}

/** Of the first lease, which answers no heartbeat. */
const NO_NONCE = new Uint8Array(32);
