/**
 * The links of one worker: registered, evidence verified again here, program allowed, platform as the policy demands,
 * in good standing.
 *
 * **Trust**: everything is read with proofs at one verified block; evidence is verified under the vendors' roots that are
 * pinned in this program, whatever the chain said when it took it.
 */
import {
  ATTESTATION_STORAGE,
  type AttestationError,
  type AttestationResult,
  appraise,
  causeOf,
  type GradeRecord,
  makerOf,
  type Occasion,
  type Role,
  type Unmet,
} from "@pha/attestation";
import { type BootRecord, registrationReportData, STORAGE } from "@pha/protocol";
import { type CodecType, equalBytes, ok, type Result, toHex } from "@pha/scale";
import type { TrustContext } from "./chain-links.ts";
import { nameOfVerdict } from "./evidence-cache.ts";
import { collateralOf, verifyGraded } from "./graded-evidence.ts";
import { branch, type Facts, leaf, type TrustNode } from "./trust-tree.ts";

export interface WorkerLinks {
  readonly node: TrustNode;
  /** Absent when the worker is not registered or its evidence does not verify. */
  readonly attested: AttestedWorker | undefined;
}

export interface AttestedWorker {
  readonly operator: Uint8Array;
  /** Whose hardware its evidence hangs on. */
  readonly maker: string;
  /** Governance has proof of where the machine stands. */
  readonly endorsed: boolean;
}

type BootEntry = CodecType<typeof BootRecord>;

/** @param boot that is expected to serve, or `undefined`: whichever the chain has */
export async function workerLinks(
  trust: TrustContext,
  link: string,
  identity: Uint8Array,
  boot?: Uint8Array,
): Promise<WorkerLinks> {
  const [record, evidence, grade] = await Promise.all([
    trust.read({ key: STORAGE.boot.key(identity), value: STORAGE.boot.value }),
    trust.read({ key: STORAGE.evidence.key(identity), value: STORAGE.evidence.value }),
    trust.read({
      key: ATTESTATION_STORAGE.grade.key(identity),
      value: ATTESTATION_STORAGE.grade.value,
    }),
  ]);
  const facts = { identity: toHex(identity), ...(boot && { boot: toHex(boot) }) };
  const says = "One worker: its registration, its evidence, its program and its standing.";
  const registered = registeredLeaf(`${link}/registered`, facts, record, evidence, boot);
  if (record === undefined || evidence === undefined)
    return { node: branch(link, says, [registered], facts), attested: undefined };
  const [verified, standing] = await Promise.all([
    verifyAgain(trust, record, evidence, grade),
    standingLeaf(trust, `${link}/standing`, identity, record.registration.boot),
  ]);
  if (!verified.ok) {
    const refused = leaf(
      `${link}/evidence`,
      false,
      `The evidence does not verify: ${causeOf(verified.error)}.`,
      { ...facts, code: verified.error.code, cause: causeOf(verified.error) },
    );
    return {
      node: branch(link, says, [registered, refused, standing], facts),
      attested: undefined,
    };
  }
  const result = verified.value;
  const lists = await readLists(trust, result);
  const parts = [
    registered,
    evidenceLeaf(`${link}/evidence`, facts, result),
    measurementLeaf(trust, `${link}/measurement`, result, lists),
    policyLeaf(trust, `${link}/policy`, { result, record, grade, lists }),
    standing,
  ];
  return {
    node: branch(link, says, parts, facts),
    attested: {
      operator: record.registration.operator,
      maker: makerOf(result.line),
      endorsed: lists.endorsed,
    },
  };
}

function registeredLeaf(
  link: string,
  facts: Facts,
  record: BootEntry | undefined,
  evidence: Uint8Array | undefined,
  boot: Uint8Array | undefined,
): TrustNode {
  if (record === undefined || evidence === undefined)
    return leaf(link, false, "The chain has no registration of this worker.", facts);
  const { registration, registeredAt } = record;
  const displaced = boot !== undefined && !equalBytes(registration.boot, boot);
  return leaf(
    link,
    !displaced,
    displaced
      ? "A newer boot displaced this one."
      : "The boot is the one registered on chain, and the evidence is over its keys.",
    {
      ...facts,
      boot: toHex(boot ?? registration.boot),
      bootEncryption: toHex(registration.bootEncryption),
      operator: toHex(registration.operator),
      role: registration.role.type,
      registeredAt: registeredAt.number,
      displaced,
    },
  );
}

/** By what the chain knows now, or as it was found to be a while ago. */
async function verifyAgain(
  trust: TrustContext,
  { registration }: BootEntry,
  evidence: Uint8Array,
  grade: GradeRecord | undefined,
): Promise<Result<AttestationResult, AttestationError>> {
  const { cache, nowMs } = trust;
  const collateral = await collateralOf(trust, evidence);
  const reportData = registrationReportData(registration);
  const name = cache && nameOfVerdict(trust, evidence, reportData, collateral.items);
  const known = name && cache.get(name, nowMs);
  if (known) return ok(known);
  const shown = { validUntilMs: grade?.validUntilMs };
  const verified = await verifyGraded(trust, evidence, reportData, collateral.view, shown);
  if (name && verified.ok) cache.put(name, nowMs, verified.value);
  return verified;
}

export function evidenceLeaf(link: string, facts: Facts, result: AttestationResult): TrustNode {
  const isSimulated = result.teeClass === "simulated";
  return leaf(
    link,
    !result.debug,
    result.debug
      ? `${isSimulated ? "SIMULATED evidence" : "The evidence is genuine, and says"}: the host may read the program's memory.`
      : isSimulated
        ? "SIMULATED evidence: it verifies, and it protects nothing."
        : "The evidence is signed by its vendor, down to a root pinned here, over these keys.",
    { ...facts, ...evidenceFacts(result) },
  );
}

function evidenceFacts(result: AttestationResult): Facts {
  const { signer, validUntilMs, advisoryIds, attributes } = result;
  return {
    vendor: result.vendor,
    teeClass: result.teeClass,
    line: result.line,
    confidence: result.confidence,
    svn: result.svn,
    debug: result.debug,
    platformId: toHex(result.platformId),
    namesMachine: result.isNamed,
    advisories: advisoryIds.join(" "),
    attributes: attributes.join(" "),
    issuedAtMs: Number(result.issuedAtMs),
    ...(signer && { signer: toHex(signer), programSvn: result.programSvn }),
    ...(validUntilMs !== undefined && { validUntilMs: Number(validUntilMs) }),
  };
}

/** What the chain's longer lists say of one result. */
interface Lists {
  /** Block since which the program is allowed. */
  readonly since: number | undefined;
  readonly denied: boolean;
  readonly endorsed: boolean;
  /** Of the program's signer, when it counts. */
  readonly minProgramSvn: number | undefined;
}

export async function readLists(
  { read, head }: TrustContext,
  { measurement, platformId, signer }: AttestationResult,
): Promise<Lists> {
  const { endorsed, signer: signers } = ATTESTATION_STORAGE;
  const [since, denied, place, record] = await Promise.all([
    read({ key: STORAGE.measurement.key(measurement), value: STORAGE.measurement.value }),
    read({ key: STORAGE.deniedPlatform.key(platformId), value: STORAGE.deniedPlatform.value }),
    read({ key: endorsed.key(platformId), value: endorsed.value }),
    signer && read({ key: signers.key(signer), value: signers.value }),
  ]);
  return {
    since,
    denied: denied !== undefined,
    endorsed: place !== undefined && place <= head.number,
    minProgramSvn:
      record !== undefined && record.since <= head.number ? record.minProgramSvn : undefined,
  };
}

export function measurementLeaf(
  { head, measurements }: TrustContext,
  link: string,
  { measurement }: AttestationResult,
  { since }: Lists,
): TrustNode {
  const allowed = since !== undefined && since <= head.number;
  const pinned = measurements?.some((one) => equalBytes(one, measurement));
  const says = !allowed
    ? "The program that runs is not allowed."
    : pinned === false
      ? "Governance allows the program that runs, and it is none of those you pinned."
      : `Governance allows the program that runs${pinned ? ", and you pinned it" : ""}.`;
  return leaf(link, allowed && pinned !== false, says, {
    measurement: toHex(measurement),
    ...(since !== undefined && { since }),
    ...(pinned !== undefined && { pinned }),
  });
}

/** Of evidence without a registration: whether governance denies the machine. */
export function platformLeaf(
  link: string,
  { platformId }: AttestationResult,
  { denied, endorsed }: Lists,
): TrustNode {
  const says = denied
    ? "Governance denies this platform."
    : "Governance does not deny this platform.";
  return leaf(link, !denied, says, { platformId: toHex(platformId), endorsed });
}

const ROLE_OF: Readonly<Record<"Worker" | "Gatekeeper", Role>> = {
  Worker: "worker",
  Gatekeeper: "gatekeeper",
};

const RULED_BY_CHAIN = {
  accept: "any",
  because: "the registry gives a platform to the worker that proved it last",
} as const;
const OWN_LINK = { accept: "any", because: "it is a link of its own" } as const;
const NOT_DEMANDED = { accept: "any", because: "the chain's policy asks for no signer" } as const;

interface Appraised {
  readonly result: AttestationResult;
  readonly record: BootEntry;
  readonly grade: GradeRecord | undefined;
  readonly lists: Lists;
}

/** The chain's demands, looked at here: what the chain graded is compared with nothing, it is done again. */
function policyLeaf(
  trust: TrustContext,
  link: string,
  { result, record, grade, lists }: Appraised,
): TrustNode {
  if (grade === undefined)
    return leaf(link, false, "The chain has graded no evidence of this worker.");
  const { shownAtMs, blockAge } = grade;
  const role = ROLE_OF[record.registration.role.type];
  return appraisedLeaf(trust, link, result, lists, { role, shownAtMs, blockAge }).node;
}

/** @param occasion when the evidence was shown, and for what */
export function appraisedLeaf(
  { policy, nowMs }: TrustContext,
  link: string,
  result: AttestationResult,
  lists: Lists,
  occasion: Omit<Occasion, "nowMs">,
): { readonly node: TrustNode; readonly unmet: readonly Unmet[] } {
  if (policy === undefined)
    return { node: leaf(link, false, "The chain has no policy: it accepts nobody."), unmet: [] };
  const appraised = appraise(
    result,
    {
      ...policy,
      debug: "refuse",
      isAllowedMeasurement: OWN_LINK,
      isDeniedPlatform: () => lists.denied,
      isTakenPlatform: RULED_BY_CHAIN,
      minProgramSvn: policy.signed ? () => lists.minProgramSvn : NOT_DEMANDED,
    },
    { ...occasion, nowMs },
  );
  const { confidence } = result;
  if (appraised.ok) {
    const { earns } = appraised.value;
    const facts = { confidence, earns, unmet: "" };
    const says = "The platform satisfies the chain's policy now.";
    return { node: leaf(link, true, says, facts), unmet: [] };
  }
  const says = `The policy is not satisfied: ${unmetText(appraised.error)}`;
  const unmet = appraised.error.map(({ code }) => code).join(" ");
  const node = leaf(link, false, says, { confidence, unmet, fix: appraised.error[0].fix });
  return { node, unmet: appraised.error };
}

function unmetText(unmet: readonly Unmet[]): string {
  return `${unmet.map(({ code }) => code.slice("appraisal/".length)).join(", ")}.`;
}

async function standingLeaf(
  { read, nowMs }: TrustContext,
  link: string,
  identity: Uint8Array,
  boot: Uint8Array,
): Promise<TrustNode> {
  const [suspended, lease] = await Promise.all([
    read({ key: STORAGE.suspended.key(identity), value: STORAGE.suspended.value }),
    read({ key: STORAGE.lease.key(boot), value: STORAGE.lease.value }),
  ]);
  const leased = lease !== undefined && lease.until > nowMs;
  if (suspended !== undefined)
    return leaf(link, false, `The chain suspended it: ${suspended.reason.type}.`, {
      suspended: suspended.reason.type,
      since: suspended.since,
      leased,
    });
  return leaf(
    link,
    true,
    leased ? "It is not suspended, and its lease runs." : "It is not suspended; no lease runs now.",
    { leased, ...(lease && { leasedUntilMs: Number(lease.until) }) },
  );
}
