/**
 * What a gatekeeper itself has heard of what may get keys, and since when (protocol §3).
 *
 * Every change is a message of a finalized block, and a gatekeeper reads all blocks, so this record does not hang on what the
 * chain's state says later: a chain that was captured can add a measurement at once, and cannot have added it a week ago. What
 * tightens counts from its block on, what loosens `looseningDelay` blocks after it was declared, by the delay that genesis
 * names.
 *
 * ```
 * measurement added ─ delay ─► counts ─ removed ─► gone at once; added again, it waits again
 * policy declared ─► binds at once; the one before binds too until the delay is over, if it is stricter anywhere
 * platform denied ─► at once ─ readmission announced ─ delay ─► forgotten      version raised at once, lowered after the delay
 * platform endorsed ─ delay ─► has a place ─ withdrawn ─► at once
 * code authorized ─ delay ─► may take the place of the chain's      replaced by other code ─► nothing is released for the delay
 * ```
 * Code decides what the chain says and writes from then on, so nobody gets a key on the word of code that was not known for as
 * long as what loosens must wait.
 *
 * **Bounds**: `MAX_…`. A measurement that does not fit is not allowed, an endorsement neither, a denial that does not
 * fit is the chain's word alone, and the log says so; too many policies at once close all releases until the oldest counts no more.
 * **Persistence**: the record is sealed together with the light client's checkpoint, always as of that block: an older sealed store
 * reads the same blocks again. **Not here**: what the state says now (`key-releaser.ts`).
 */
import { type Demands, DemandsCodec, loosenings } from "@pha/attestation";
import { AdmissionEvent, MAX_POLICY_BYTES, type ReleaseRules, TOPIC } from "@pha/protocol";
import {
  boundedBytes,
  type CodecType,
  decode,
  equalBytes,
  fixedBytes,
  option,
  struct,
  u32,
  vec,
} from "@pha/scale";
import type { FinalizedBlock } from "./block.ts";
import type { Output } from "./inputs.ts";

export const MAX_MEASUREMENTS = 256;
export const MAX_DENIED = 1024;
export const MAX_POLICIES = 8;
export const MAX_VERSIONS = 16;
export const MAX_ENDORSED = 4096;

const Hash = fixedBytes(32);

export const AdmissionRecord = struct({
  /** Block from which each counts. */
  measurements: vec(struct({ measurement: Hash, from: u32 }), MAX_MEASUREMENTS),
  /** Block from which a denial is forgotten; absent: never. */
  denied: vec(struct({ platformId: Hash, until: option(u32) }), MAX_DENIED),
  /** In the order of declaration; all that has no end, and what has one until then, binds. */
  policies: vec(
    struct({ policy: boundedBytes(MAX_POLICY_BYTES), until: option(u32) }),
    MAX_POLICIES,
  ),
  versions: vec(struct({ version: u32, until: option(u32) }), MAX_VERSIONS),
  /** Block from which each has a place. */
  endorsed: vec(struct({ platformId: Hash, from: u32 }), MAX_ENDORSED),
  /** Code that may take the place of the chain's from that block on. */
  authorizedCode: option(struct({ codeHash: Hash, from: u32 })),
  /** Nothing is released before this block. */
  closedUntil: u32,
});
export type AdmissionRecord = CodecType<typeof AdmissionRecord>;

/** Of a genesis that names no rules: no measurement, and the delay of public chains. */
const NO_RULES: ReleaseRules = {
  looseningDelay: 201_600,
  measurements: [],
  policy: new Uint8Array(0),
};

export interface Admissions {
  /** Reads the block's declarations; every block once, in order. */
  take(block: FinalizedBlock): readonly Output[];
  /** Whether the measurement was declared long enough ago, and was not withdrawn since. */
  counts(measurement: Uint8Array): boolean;
  isDenied(platformId: Uint8Array): boolean;
  /** Whether its place was declared as proven long enough ago, and that was not withdrawn since. */
  isEndorsed(platformId: Uint8Array): boolean;
  /** `major << 16 | minor << 8 | patch` */
  readonly leastVersion: number;
  /** All that evidence must satisfy; `undefined` when nothing may be released, as when one of them cannot be read. */
  readonly policies: readonly Demands[] | undefined;
  readonly record: AdmissionRecord;
}

/**
 * @param rules of genesis
 * @param sealed as of the block at which the gatekeeper goes on
 */
export function createAdmissions(
  rules: ReleaseRules | undefined,
  sealed: AdmissionRecord | undefined,
  start: number,
): Admissions {
  const { looseningDelay, measurements, policy } = rules ?? NO_RULES;
  let head = start;
  let record: AdmissionRecord = sealed ?? {
    measurements: measurements.map((measurement) => ({ measurement, from: 0 })),
    denied: [],
    policies: [{ policy, until: undefined }],
    versions: [{ version: 0, until: undefined }],
    endorsed: [],
    authorizedCode: undefined,
    closedUntil: 0,
  };
  let demands = demandsOf(record);

  /** Tells whether there was room. */
  function takeEvent(event: AdmissionEvent): boolean {
    const later = head + looseningDelay;
    const { measurements, denied, endorsed } = record;
    switch (event.type) {
      case "MeasurementAdded": {
        const { measurement } = event.value;
        // Whoever is on the list already waits no longer for being named again.
        const isKnown = measurements.some((one) => equalBytes(one.measurement, measurement));
        if (isKnown) return true;
        if (measurements.length >= MAX_MEASUREMENTS) return false;
        record = { ...record, measurements: [...measurements, { measurement, from: later }] };
        return true;
      }
      case "MeasurementRemoved": {
        const { measurement } = event.value;
        const others = measurements.filter((one) => !equalBytes(one.measurement, measurement));
        record = { ...record, measurements: others };
        return true;
      }
      case "PlatformDenied": {
        const { platformId } = event.value;
        const others = denied.filter((one) => !equalBytes(one.platformId, platformId));
        if (others.length >= MAX_DENIED) return false;
        record = { ...record, denied: [...others, { platformId, until: undefined }] };
        return true;
      }
      case "ReadmissionAnnounced": {
        const { platformId } = event.value;
        record = {
          ...record,
          denied: denied.map((one) =>
            equalBytes(one.platformId, platformId) ? { platformId, until: later } : one,
          ),
        };
        return true;
      }
      case "PolicyDeclared":
        declarePolicy(event.value.policy, later);
        return true;
      case "MinimumVersion":
        declareVersion(event.value.version, later);
        return true;
      case "CodeAuthorized":
        record = { ...record, authorizedCode: { codeHash: event.value.codeHash, from: later } };
        return true;
      case "CodeReplaced":
        replaceCode(event.value.codeHash, later);
        return true;
      case "PlatformEndorsed": {
        const { platformId } = event.value;
        const others = endorsed.filter((one) => !equalBytes(one.platformId, platformId));
        if (others.length >= MAX_ENDORSED) return false;
        record = { ...record, endorsed: [...others, { platformId, from: later }] };
        return true;
      }
      case "EndorsementWithdrawn": {
        const { platformId } = event.value;
        const others = endorsed.filter((one) => !equalBytes(one.platformId, platformId));
        record = { ...record, endorsed: others };
        return true;
      }
    }
  }

  /** Code that nobody knew of for as long as the delay is trusted that much later. */
  function replaceCode(codeHash: Uint8Array, later: number): void {
    const { authorizedCode: known } = record;
    const isKnown = known !== undefined && equalBytes(known.codeHash, codeHash);
    if (isKnown) record = { ...record, authorizedCode: undefined };
    if (!isKnown || known.from > head) closeUntil(later);
  }

  function closeUntil(block: number): void {
    record = { ...record, closedUntil: Math.max(record.closedUntil, block) };
  }

  function declarePolicy(policy: Uint8Array, later: number): void {
    const policies = record.policies.flatMap((one) => {
      if (one.until !== undefined) return [one];
      return isImplied(one.policy, policy) ? [] : [{ ...one, until: later }];
    });
    const all = [...policies, { policy, until: undefined }];
    // The oldest is dropped only while nothing is released, for at least as long as it would have bound.
    if (all.length > MAX_POLICIES) closeUntil(later);
    record = { ...record, policies: all.slice(-MAX_POLICIES) };
    demands = demandsOf(record);
  }

  function declareVersion(version: number, later: number): void {
    const versions = record.versions.flatMap((one) => {
      if (one.until !== undefined) return one.version > version ? [one] : [];
      return one.version > version ? [{ ...one, until: later }] : [];
    });
    const all = [...versions, { version, until: undefined }];
    if (all.length > MAX_VERSIONS) closeUntil(later);
    record = { ...record, versions: all.slice(-MAX_VERSIONS) };
  }

  /** What has come to its end is forgotten. */
  function passTo(block: number): void {
    head = block;
    const holds = ({ until }: { readonly until: number | undefined }): boolean =>
      until === undefined || until > head;
    const { policies, denied, versions } = record;
    if (policies.every(holds) && denied.every(holds) && versions.every(holds)) return;
    record = {
      ...record,
      policies: policies.filter(holds),
      denied: denied.filter(holds),
      versions: versions.filter(holds),
    };
    demands = demandsOf(record);
  }

  return {
    take({ ref, messages }) {
      passTo(ref.number);
      const outputs: Output[] = [];
      for (const { sender, destination, payload } of messages) {
        if (sender.type !== "Pallet" || !equalBytes(destination, TOPIC.admission)) continue;
        // What is kept must not keep the block's other messages.
        const event = decode(AdmissionEvent, payload.slice());
        if (event.ok) {
          if (!takeEvent(event.value))
            outputs.push({ type: "log", event: "admission-full", block: ref.number });
        } else {
          // A change that this version does not know may be one that tightens.
          closeUntil(NEVER);
          outputs.push({ type: "log", event: "admission-unreadable", block: ref.number });
        }
      }
      passTo(ref.number);
      return outputs;
    },
    counts: (measurement) =>
      record.measurements.some(
        (one) => one.from <= head && equalBytes(one.measurement, measurement),
      ),
    isEndorsed: (platformId) =>
      record.endorsed.some((one) => one.from <= head && equalBytes(one.platformId, platformId)),
    isDenied: (platformId) => record.denied.some((one) => equalBytes(one.platformId, platformId)),
    get leastVersion() {
      return Math.max(...record.versions.map(({ version }) => version));
    },
    get policies() {
      return head < record.closedUntil ? undefined : demands;
    },
    get record() {
      return record;
    },
  };
}

/** Block that does not come. */
const NEVER = 0xffff_ffff;

function demandsOf({ policies }: AdmissionRecord): readonly Demands[] | undefined {
  const found: Demands[] = [];
  for (const { policy } of policies) {
    const decoded = decode(DemandsCodec, policy);
    if (!decoded.ok) return undefined;
    found.push(decoded.value);
  }
  return found;
}

/** Whoever satisfies the next policy has satisfied the one before. */
function isImplied(before: Uint8Array, next: Uint8Array): boolean {
  const [was, is] = [decode(DemandsCodec, before), decode(DemandsCodec, next)];
  return was.ok && is.ok && loosenings(was.value, is.value).length === 0;
}
