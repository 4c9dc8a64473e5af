/** Versions of pRuntime: three numbers, as one that can be compared. */
import { type CodecType, fail, ok, type Result, tuple, u32 } from "@pha/scale";

/** `(major, minor, patch)`, as the original's clients know it. */
export const ProgramVersion = tuple(u32, u32, u32);
export type ProgramVersion = CodecType<typeof ProgramVersion>;

const MAX_MAJOR = 0xffff;
const MAX_PART = 0xff;

/** `major << 16 | minor << 8 | patch`; fails on parts that do not fit. */
export function packVersion(
  version: Readonly<ProgramVersion>,
): Result<number, { readonly code: "version/out-of-range" }> {
  const [major, minor, patch] = version;
  const fits =
    [major, minor, patch].every((part) => Number.isInteger(part) && part >= 0) &&
    major <= MAX_MAJOR &&
    minor <= MAX_PART &&
    patch <= MAX_PART;
  if (!fits) return fail({ code: "version/out-of-range" });
  return ok(major * 0x1_0000 + minor * 0x100 + patch);
}

export function unpackVersion(packed: number): ProgramVersion {
  return [packed >>> 16, (packed >>> 8) & MAX_PART, packed & MAX_PART];
}

/** As people write it: `1.2.3`. */
export function versionText(packed: number): string {
  return unpackVersion(packed).join(".");
}

/** @param text three decimal numbers with dots between them */
export function parseVersion(
  text: string,
): Result<ProgramVersion, { readonly code: "version/malformed" | "version/out-of-range" }> {
  const match = /^(\d{1,5})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return fail({ code: "version/malformed" });
  const version: ProgramVersion = [Number(match[1]), Number(match[2]), Number(match[3])];
  const packed = packVersion(version);
  return packed.ok ? ok(version) : packed;
}
