/**
 * PhalaRegistry: who serves, with which boot, on which platform, and until when.
 *
 * **Bounds**: evidence `MAX_EVIDENCE_BYTES`; `MAX_RETIRED` replaced boots per worker; one record per worker that ever
 * proved itself. **Not here**: what evidence must say (PhaAttestation), assignment (PhalaPhatContracts).
 */
import { makerOf } from "@pha/attestation";
import { addWeights, ensure, type HasEnv, root, signed } from "@pha/frame";
import { ProgramVersion, Registration, Sr25519Key } from "@pha/protocol";
import { boundedBytes, u32 } from "@pha/scale";
import { verificationWeight } from "../pha-attestation/index.ts";
import type { BootDirectory } from "../phala-mq/index.ts";
import { declaration, MAX_EVIDENCE_BYTES } from "./declaration.ts";
import { register } from "./register.ts";
import { platformDenied, suspend } from "./suspension.ts";
import { sweep, wake } from "./sweep.ts";
import type { WorkerDirectory } from "./types.ts";
import { setMinimumVersion } from "./versions.ts";
import { WEIGHTS } from "./weights.ts";

export const PhalaRegistry = declaration.implement(({ call }) => ({
  calls: {
    register_worker_v2: call(
      7,
      {
        docs: "Registers a worker's boot with its evidence, or refreshes the evidence of the boot that serves.",
        origin: signed,
        args: { registration: Registration, evidence: boundedBytes(MAX_EVIDENCE_BYTES) },
        weight: ({ evidence }) =>
          addWeights(WEIGHTS.register_worker_v2, verificationWeight(evidence)),
      },
      (ctx, { registration, evidence }) =>
        register(ctx, { caller: ctx.caller, registration, evidence }),
    ),
    lift_suspension: call(
      20,
      {
        docs: "Lets a suspended worker's messages count again.",
        origin: root,
        args: { identity: Sr25519Key },
        weight: WEIGHTS.lift_suspension,
        dispatchClass: "Operational",
      },
      (ctx, { identity }) => {
        ensure(ctx.storage.Suspended.has(identity), ctx.errors.NotSuspended);
        ctx.storage.Suspended.remove(identity);
        wake(ctx);
        ctx.emit.SuspensionLifted({ pubkey: identity });
      },
    ),
    set_minimum_pruntime_version: call(
      21,
      {
        docs: "Names the least version of pRuntime. A higher one counts at once: older pRuntimes neither register nor get leases or keys, and are suspended after the grace, in blocks. A lower one counts after the delay.",
        origin: root,
        args: { version: ProgramVersion, grace: u32 },
        weight: WEIGHTS.set_minimum_pruntime_version,
        dispatchClass: "Operational",
      },
      (ctx, { version, grace }) => setMinimumVersion(ctx, version, grace),
    ),
    freeze_admissions: call(
      22,
      {
        docs: "Admits nobody any more who is not here already, for an emergency; workers may start again on the platforms they have.",
        origin: root,
        args: {},
        weight: WEIGHTS.freeze_admissions,
        dispatchClass: "Operational",
      },
      (ctx) => {
        ensure(!ctx.storage.FrozenSince.exists(), ctx.errors.FrozenAlready);
        ctx.storage.FrozenSince.put(ctx.block.number);
        ctx.emit.AdmissionsFrozen();
      },
    ),
    resume_admissions: call(
      23,
      {
        docs: "Opens admissions again.",
        origin: root,
        args: {},
        weight: WEIGHTS.resume_admissions,
        dispatchClass: "Operational",
      },
      (ctx) => {
        ensure(ctx.storage.FrozenSince.exists(), ctx.errors.NotFrozen);
        ctx.storage.FrozenSince.kill();
        ctx.emit.AdmissionsResumed();
      },
    ),
  },
  hooks: { onInitialize: sweep },
}));

export const workers: WorkerDirectory & BootDirectory = {
  registrationOf: (ctx, identity) =>
    ctx.env.of(declaration).storage.Boots.get(identity)?.registration,
  suspend: (ctx: HasEnv, identity, reason) => suspend(ctx.env.of(declaration), identity, reason),
  bootOf: (ctx, identity) => workers.registrationOf(ctx, identity)?.boot,
  isSuspended: (ctx, identity) => ctx.env.of(declaration).storage.Suspended.has(identity),
  suspendedSince: (ctx, identity) => ctx.env.of(declaration).storage.Suspended.get(identity)?.since,
  leasedUntil: (ctx, boot) => ctx.env.of(declaration).storage.Leases.get(boot)?.until,
  platformOf: (ctx, identity) => ctx.env.of(declaration).storage.PlatformOf.get(identity),
  gradeOf: (ctx, identity) => ctx.env.of(declaration).storage.Grades.get(identity),
  vendorOf(ctx, identity) {
    const grade = ctx.env.of(declaration).storage.Grades.get(identity);
    return grade && makerOf(grade.line);
  },
};

/** For PhaAttestation. */
export const suspendDenied = (ctx: HasEnv, platformId: Uint8Array): void =>
  platformDenied(ctx.env.of(declaration), platformId);
