/**
 * Finds authors that made two blocks in one slot.
 *
 * A block that was imported is remembered by slot and place of its author; another header for the same is a suspicion,
 * which the shell turns into a proof with the author's key.
 *
 * **Bounds**: the newest `MAX_IMPORTED` claims, `MAX_ANNOUNCED` headers that nobody has verified, one suspicion a claim.
 * **Trust**: announced headers come from anybody: they cost memory of that size, and a signature only beside a verified
 * one. **Not here**: whose key it is, and what happens to the author.
 */
import { sr25519Verify } from "@pha/crypto";
import { equalBytes } from "@pha/scale";
import { type Header, headerHash } from "../header.ts";
import { babePreDigestOf, babeSealOf, sealPayload } from "./verify-header.ts";

export interface BabeSuspicion {
  readonly slot: bigint;
  readonly authorityIndex: number;
  /** Imported. */
  readonly firstHeader: Header;
  readonly secondHeader: Header;
}

/** As chains take it. */
export interface BabeEquivocation {
  /** sr25519 public key, 32 bytes. */
  readonly offender: Uint8Array;
  readonly slot: bigint;
  readonly firstHeader: Header;
  readonly secondHeader: Header;
}

const MAX_IMPORTED = 1_024;
const MAX_ANNOUNCED = 256;

interface Claimed {
  readonly slot: bigint;
  readonly authorityIndex: number;
  readonly header: Header;
  readonly hash: Uint8Array;
}

export class BabeEquivocationDetector {
  readonly #imported = new Map<string, Claimed>();
  /** By hash; the oldest first. */
  readonly #announced = new Map<string, Claimed>();
  /** Claims whose equivocation is known. */
  readonly #settled = new Set<string>();

  /** A header whose seal and claim were verified. */
  imported(header: Header): readonly BabeSuspicion[] {
    const claimed = claimOf(header);
    if (claimed === undefined) return [];
    const name = nameOf(claimed);
    const known = this.#imported.get(name);
    if (known !== undefined) return suspicion(known, claimed);
    this.#imported.set(name, claimed);
    evict(this.#imported, MAX_IMPORTED);
    return [...this.#announced.values()]
      .filter((one) => nameOf(one) === name)
      .flatMap((one) => suspicion(claimed, one));
  }

  /** A header that a peer named; it may be anything. */
  announced(header: Header): readonly BabeSuspicion[] {
    const claimed = claimOf(header);
    if (claimed === undefined) return [];
    const known = this.#imported.get(nameOf(claimed));
    if (known !== undefined) return suspicion(known, claimed);
    this.#announced.set(String.fromCharCode(...claimed.hash), claimed);
    evict(this.#announced, MAX_ANNOUNCED);
    return [];
  }

  /**
   * The proof, when the author sealed the second header too; once for each claim.
   *
   * @param offender key of the authority that made the first header, by which that was verified
   */
  prove(suspicion: BabeSuspicion, offender: Uint8Array): BabeEquivocation | undefined {
    const { slot, firstHeader, secondHeader } = suspicion;
    const name = nameOf(suspicion);
    if (this.#settled.has(name)) return undefined;
    const seal = babeSealOf(secondHeader);
    if (!seal || !sr25519Verify(offender, sealPayload(secondHeader), seal)) return undefined;
    this.#settled.add(name);
    evict(this.#settled, MAX_IMPORTED);
    return { offender, slot, firstHeader, secondHeader };
  }
}

function claimOf(header: Header): Claimed | undefined {
  const claim = babePreDigestOf(header);
  if (!claim.ok || babeSealOf(header) === undefined) return undefined;
  const { slot, authorityIndex } = claim.value.value;
  return { slot, authorityIndex, header, hash: headerHash(header) };
}

function suspicion(known: Claimed, other: Claimed): readonly BabeSuspicion[] {
  if (equalBytes(known.hash, other.hash)) return [];
  const { slot, authorityIndex, header } = known;
  return [{ slot, authorityIndex, firstHeader: header, secondHeader: other.header }];
}

function nameOf(claim: Pick<Claimed, "slot" | "authorityIndex">): string {
  return `${claim.slot}:${claim.authorityIndex}`;
}

/** The oldest goes. */
function evict(container: Map<string, unknown> | Set<string>, most: number): void {
  if (container.size <= most) return;
  for (const oldest of container.keys()) {
    container.delete(oldest);
    return;
  }
}
