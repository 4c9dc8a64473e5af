/**
 * Certificates of AMD chips' keys, for machines that give none to their guests: asked of AMD's key distribution service by
 * chip and versions, once, and kept.
 *
 * **Bounds**: those of `fetchBounded`, one request at a time; `MAX_KEPT` certificates; a name that the service did not answer
 * is not asked again for `AGAIN_MS`, because it lets nobody ask often. **Trust**: neither pRuntime's names nor the service's
 * answers: who takes a certificate looks at AMD's signature in it.
 *
 * @see AMD KDS
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MAX_CERTIFICATE_BYTES } from "@pha/protocol";
import type { ChipKeyName } from "@pha/pruntime/wire";
import { toHex } from "@pha/scale";
import { reasonOf, type WorkerLog } from "../log.ts";
import { FETCH_LIMITS, type FetchLimits, fetchBounded } from "./fetch-bounded.ts";

const MAX_KEPT = 16;
const AGAIN_MS = 300_000;
/** Of names: everybody who gives wrong ones would make the list grow. */
const MAX_REFUSED = 64;

export interface ChipKeys {
  /** DER; `undefined` when there is none to be had now. */
  get(name: ChipKeyName): Promise<Uint8Array | undefined>;
  stop(): void;
}

export interface ChipKeysOptions {
  /** `undefined`: no service is asked. */
  readonly amdUrl: string | undefined;
  /** Folder of its own, for what was fetched. */
  readonly folder: string;
  readonly log: WorkerLog;
  readonly limits?: FetchLimits;
  /** @default performance.now */
  readonly nowMs?: () => number;
}

export function createChipKeys(options: ChipKeysOptions): ChipKeys {
  const { amdUrl, folder, log, nowMs = () => performance.now() } = options;
  const limits = { ...(options.limits ?? FETCH_LIMITS), maxBytes: MAX_CERTIFICATE_BYTES };
  const stopping = new AbortController();
  const refused = new Map<string, number>();
  let asking: Promise<unknown> = Promise.resolve();

  async function fetched(base: string, name: ChipKeyName): Promise<Uint8Array | undefined> {
    const url = chipKeyUrl(base, name);
    const file = join(folder, `${createHash("sha256").update(url).digest("hex")}.der`);
    const kept = await readFile(file).catch(() => undefined);
    if (kept !== undefined) return new Uint8Array(kept);
    const refusedAt = refused.get(url);
    if (refusedAt !== undefined && nowMs() - refusedAt < AGAIN_MS) return undefined;
    const answer = await fetchBounded(url, limits, stopping.signal);
    const facts = { line: name.line.type, chip: toHex(name.chipId) };
    if (answer.ok && isCertificate(answer.value.body)) {
      log.info(facts, "AMD gave the certificate of a chip's key");
      await keep(file, answer.value.body).catch((error: unknown) =>
        log.warn({ reason: reasonOf(error) }, "a chip's certificate could not be kept"),
      );
      return answer.value.body;
    }
    const failure = answer.ok ? { code: "keeper/malformed-answer" } : answer.error;
    log.warn({ ...facts, ...failure }, "AMD gave no certificate of a chip's key");
    refused.set(url, nowMs());
    for (const oldest of refused.keys()) {
      if (refused.size <= MAX_REFUSED) break;
      refused.delete(oldest);
    }
    return undefined;
  }

  async function keep(file: string, certificate: Uint8Array): Promise<void> {
    await mkdir(folder, { recursive: true });
    const all = await readdir(folder);
    for (const name of all.slice(0, Math.max(0, all.length - MAX_KEPT + 1)))
      await rm(join(folder, name), { force: true });
    await writeFile(file, certificate);
  }

  return {
    get(name) {
      if (amdUrl === undefined || stopping.signal.aborted) return Promise.resolve(undefined);
      const answer = asking.then(() => fetched(amdUrl, name));
      asking = answer.catch(() => undefined);
      return answer;
    },
    stop: () => stopping.abort(),
  };
}

/** Versions are written with at least two digits; Turin's keys have one version more. */
export function chipKeyUrl(base: string, name: ChipKeyName): string {
  const { line, chipId, bootloader, tee, snp, microcode, fmc } = name;
  const two = (value: number): string => String(value).padStart(2, "0");
  const versions = [
    ...(fmc === undefined ? [] : [`fmcSPL=${two(fmc)}`]),
    `blSPL=${two(bootloader)}`,
    `teeSPL=${two(tee)}`,
    `snpSPL=${two(snp)}`,
    `ucodeSPL=${two(microcode)}`,
  ].join("&");
  const chip = toHex(chipId).slice(2);
  return `${base.replace(/\/+$/, "")}/vcek/v1/${line.type}/${chip}?${versions}`;
}

/** A sequence that has its length; the rest is its readers'. */
function isCertificate([tag, form, high = 0, low = 0, ...rest]: Uint8Array): boolean {
  return tag === 0x30 && form === 0x82 && high * 256 + low === rest.length;
}
