/**
 * The table of certificates that an SEV-SNP host hands to its guest: entries of GUID, offset and length, ended by zeros.
 *
 * **Trust**: the table is the host's. What is in it counts by AMD's signatures, which verifiers look at.
 *
 * @see AMD GHCB "SNP extended guest request"
 */
import { toHex } from "@pha/scale";

const ENTRY_BYTES = 24;
const MAX_ENTRIES = 32;

/** GUIDs in the order of bytes that the table has them in. */
const NAMES: ReadonlyMap<string, "vcek" | "vlek" | "ask" | "ark"> = new Map([
  [guid("63da758d-e664-4564-adc5-f4b93be8accd"), "vcek"],
  [guid("a8074bc2-a25a-483e-aae6-39c045a0b8a1"), "vlek"],
  [guid("4ab7b379-bbac-4fe4-a02f-05aef327c782"), "ask"],
  [guid("c0b406a4-a803-4952-9743-3fb6014cd0ae"), "ark"],
]);

export interface SnpCertificates {
  /** Of the key that signs reports: the chip's own, else the provider's. */
  readonly vek: Uint8Array | undefined;
  /** Its issuer and the root, where both are there. */
  readonly issuers: readonly [Uint8Array, Uint8Array] | undefined;
}

/** Entries outside of the table's bytes are left out, as unknown ones are. */
export function readSnpCertificates(table: Uint8Array): SnpCertificates {
  const found = new Map<string, Uint8Array>();
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (let i = 0; i < MAX_ENTRIES; i++) {
    const at = i * ENTRY_BYTES;
    if (at + ENTRY_BYTES > table.length) break;
    const id = toHex(table.subarray(at, at + 16));
    const offset = view.getUint32(at + 16, true);
    const length = view.getUint32(at + 20, true);
    if (offset === 0 && length === 0) break;
    const name = NAMES.get(id);
    if (name !== undefined && offset + length <= table.length)
      found.set(name, table.slice(offset, offset + length));
  }
  const [ask, ark] = [found.get("ask"), found.get("ark")];
  return {
    vek: found.get("vcek") ?? found.get("vlek"),
    issuers: ask && ark ? [ask, ark] : undefined,
  };
}

/** The first three groups of a GUID are little-endian. */
function guid(text: string): string {
  const groups = text.split("-");
  const bytes = groups.map((group, i) => {
    const pairs = group.match(/../g) ?? [];
    return (i < 3 ? pairs.reverse() : pairs).join("");
  });
  return `0x${bytes.join("")}`;
}
