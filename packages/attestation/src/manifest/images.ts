/**
 * `deploy/images.json`: images that somebody built of pRuntime's scripts, each with what the platform's own tool says that
 * the platform measures of it.
 *
 * **Bounds**: `MAX_IMAGES`, `MAX_IMAGES_BYTES`. **Trust**: whoever wrote the list; that an entry's registers are of an
 * image with these scripts is the writer's word, which anybody with the platform's tool can check.
 */
import { fail, type Result } from "@pha/scale";
import type { DomainRegisters, EnclaveRegisters } from "../intel/program.ts";
import { type JsonObject, readJsonList } from "../json/json.ts";

export const MAX_IMAGES = 256;
export const MAX_IMAGES_BYTES = 1 << 20;
const MAX_EVENTS = 64;

/** Recipes of `deploy/`, by what they are measured as. */
export const PLATFORMS = ["gramine", "dstack", "cvm-tdx", "cvm-sev-snp", "nitro"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What a dstack machine put into register 3, in its order. */
export interface BootEvent {
  readonly name: string;
  readonly payload: Uint8Array;
}

/** Of a machine that was started with an application: all but register 3, which its events give. */
export interface DstackMachine {
  /** `rtmrs` are 0 to 2. */
  readonly registers: DomainRegisters;
  readonly events: readonly BootEvent[];
}

interface Built<P extends Platform> {
  readonly platform: P;
  /** SHA-256 of the scripts in it, one after the other. */
  readonly digest: Uint8Array;
}

export type Image =
  | (Built<"gramine"> & { readonly registers: EnclaveRegisters })
  | (Built<"dstack"> & {
      /** Name and digest of the container's image. */
      readonly image: string;
      /** Absent before a machine was started. */
      readonly machine: DstackMachine | undefined;
    })
  | (Built<"cvm-tdx"> & { readonly registers: DomainRegisters })
  /** 48 bytes. */
  | (Built<"cvm-sev-snp"> & { readonly measurement: Uint8Array })
  /** PCR 0 to 2, 48 bytes each. */
  | (Built<"nitro"> & { readonly pcrs: readonly Uint8Array[] });

export interface ImagesError {
  readonly code: "images/malformed-list";
  readonly reason: string;
}

const DOMAIN = ["mrTd", "rtmr0", "rtmr1", "rtmr2", "mrConfigId", "mrOwner", "mrOwnerConfig"];
/** Members of each platform's entry, beside `platform` and `digest`; no other is taken. */
export const MEMBERS: Readonly<Record<Platform, readonly string[]>> = {
  gramine: ["mrEnclave", "mrSigner", "isvProdId", "isvSvn"],
  dstack: ["image", "machine"],
  "cvm-tdx": [...DOMAIN, "rtmr3"],
  "cvm-sev-snp": ["measurement"],
  nitro: ["pcr0", "pcr1", "pcr2"],
};

export function parseImages(text: string): Result<readonly Image[], ImagesError> {
  if (text.length > MAX_IMAGES_BYTES) return malformed("too long");
  const read = readJsonList(text, readImage);
  if (!read.ok) return malformed(read.error.reason);
  return read.value.length > MAX_IMAGES ? malformed("too many images") : read;
}

function malformed(reason: string) {
  return fail({ code: "images/malformed-list", reason } as const);
}

function readImage(entry: JsonObject): Image {
  const name = entry.text("platform");
  const platform = PLATFORMS.find((one) => one === name) ?? entry.fail("platform is unknown");
  entry.only(["platform", "digest", ...MEMBERS[platform]]);
  const digest = entry.hex("digest", 32);
  switch (platform) {
    case "gramine":
      return { platform, digest, registers: readEnclave(entry) };
    case "dstack":
      return {
        platform,
        digest,
        image: readImageName(entry),
        machine: entry.has("machine") ? readMachine(entry.object("machine")) : undefined,
      };
    case "cvm-tdx":
      return { platform, digest, registers: readDomain(entry, 4) };
    case "cvm-sev-snp":
      return { platform, digest, measurement: measured(entry, "measurement", 48) };
    case "nitro": {
      // Zero is an enclave that is debugged.
      const pcrs = ["pcr0", "pcr1", "pcr2"].map((pcr) => measured(entry, pcr, 48));
      return { platform, digest, pcrs };
    }
  }
}

/** A register that something was measured into. */
function measured(entry: JsonObject, name: string, bytes: number): Uint8Array {
  const value = entry.hex(name, bytes);
  return value.some((byte) => byte !== 0) ? value : entry.fail(`${name} is zero`);
}

const MAX_U16 = 0xffff;

function readEnclave(entry: JsonObject): EnclaveRegisters {
  return {
    mrEnclave: measured(entry, "mrEnclave", 32),
    mrSigner: measured(entry, "mrSigner", 32),
    isvProdId: entry.unsigned("isvProdId", MAX_U16),
    isvSvn: entry.unsigned("isvSvn", MAX_U16),
  };
}

function readDomain(entry: JsonObject, rtmrs: number): DomainRegisters {
  return {
    mrTd: measured(entry, "mrTd", 48),
    rtmrs: Array.from({ length: rtmrs }, (_, i) => entry.hex(`rtmr${i}`, 48)),
    mrConfigId: entry.hex("mrConfigId", 48),
    mrOwner: entry.hex("mrOwner", 48),
    mrOwnerConfig: entry.hex("mrOwnerConfig", 48),
  };
}

/** A name in a registry and a digest: a tag could name another image tomorrow. */
const IMAGE_NAME = /^[a-z0-9][a-z0-9._:/-]{0,200}@sha256:[0-9a-f]{64}$/;

function readImageName(entry: JsonObject): string {
  const image = entry.text("image");
  return IMAGE_NAME.test(image) ? image : entry.fail("image is no name with a digest");
}

const EVENT_NAME = /^[\x21-\x39\x3b-\x7e]{1,64}$/;

function readMachine(machine: JsonObject): DstackMachine {
  machine.only([...DOMAIN, "events"]);
  const events = machine.list("events", MAX_EVENTS).map((event) => {
    event.only(["name", "payload"]);
    const name = event.text("name");
    if (!EVENT_NAME.test(name)) event.fail("name is no name of an event");
    return { name, payload: event.hex("payload") };
  });
  return { registers: readDomain(machine, 3), events };
}
