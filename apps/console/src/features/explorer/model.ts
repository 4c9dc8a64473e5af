/** What the explorer makes of text and of decoded values. */
import { toHex } from "@pha/scale";

export type SearchTarget =
  | { readonly kind: "block"; readonly number: number }
  | { readonly kind: "contract"; readonly address: string }
  | { readonly kind: "account"; readonly address: string };

/** Base58 of Substrate addresses: 35 bytes or a little more. */
const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{46,50}$/;

/** What a text may mean; 32 bytes of hex may be a contract or an account, in that order. */
export function targetsOf(text: string): readonly SearchTarget[] {
  const asked = text.trim().replace(/^#/, "");
  if (/^\d{1,10}$/.test(asked)) return [{ kind: "block", number: Number(asked) }];
  if (/^0x[0-9a-fA-F]{64}$/.test(asked)) {
    const address = asked.toLowerCase();
    return [
      { kind: "contract", address },
      { kind: "account", address },
    ];
  }
  return ADDRESS.test(asked) ? [{ kind: "account", address: asked }] : [];
}

/** Decoded values as JSON that can be read: bytes in hex, big numbers as text. */
export function plainJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) => {
      if (inner instanceof Uint8Array) return toHex(inner);
      return typeof inner === "bigint" ? inner.toString() : inner;
    },
    2,
  );
}

/** Whether the body of a call is sealed: then nobody but the contract's replicas reads it. */
export function isSealedCall(pallet: string, call: string): boolean {
  return pallet === "PhalaPhatContracts" && call === "push_command";
}

export interface ExportedBlock {
  readonly number: number;
  readonly hash: Uint8Array;
  readonly at: number | undefined;
  readonly extrinsics: number;
  readonly signed: number;
  readonly commands: number;
  readonly bytes: number;
}

/** Comma-separated, with a line of names; no field has a comma, a quote or a formula in it. */
export function csvOf(blocks: readonly ExportedBlock[]): string {
  const lines = blocks.map(({ number, hash, at, extrinsics, signed, commands, bytes }) =>
    [
      number,
      toHex(hash),
      at === undefined ? "" : new Date(at).toISOString(),
      extrinsics,
      signed,
      commands,
      bytes,
    ].join(","),
  );
  return ["number,hash,time,extrinsics,signed,sealed_commands,bytes", ...lines, ""].join("\n");
}
