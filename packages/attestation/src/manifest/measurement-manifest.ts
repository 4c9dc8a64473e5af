/**
 * What each platform measures of a build of pRuntime, as far as it can be known without the platform: per recipe what is
 * computed of the scripts, the measurement that allow-lists hold for each image that is listed, and otherwise the command
 * that yields what is missing.
 */
import { equalBytes, toHex } from "@pha/scale";
import { sgxProgram, tdxProgram } from "../intel/program.ts";
import { programDigest } from "../program-digest.ts";
import type { ProductLine } from "../result.ts";
import { dstackApp, dstackAppCompose, dstackRegister, replayBoot } from "./dstack-app.ts";
import { type Image, MEMBERS, PLATFORMS, type Platform } from "./images.ts";

const AMD_LINES: readonly ProductLine[] = [
  "amd-milan-vcek",
  "amd-milan-vlek",
  "amd-genoa-vcek",
  "amd-genoa-vlek",
  "amd-turin-vcek",
  "amd-turin-vlek",
];

/** Lines of the evidence that a platform makes. */
const LINES_OF: Readonly<Record<Platform, readonly ProductLine[]>> = {
  gramine: ["intel-sgx"],
  dstack: ["intel-tdx"],
  "cvm-tdx": ["intel-tdx"],
  "cvm-sev-snp": AMD_LINES,
  nitro: ["aws-nitro"],
};

/** What yields the members of an entry, in the folder that `node bin/deploy.mjs DIR` wrote. */
const COMMANDS: Readonly<Record<Platform, string>> = {
  gramine:
    "gramine-manifest gramine/pruntime.manifest pruntime.manifest && gramine-sgx-sign --manifest pruntime.manifest --output pruntime.manifest.sgx && gramine-sgx-sigstruct-view pruntime.sig",
  dstack:
    "docker build --file dstack/Dockerfile --build-arg NODE_IMAGE=NAME@sha256:… --tag IMAGE . && docker push IMAGE",
  "cvm-tdx":
    "mkosi --directory cvm build; on the machine: for f in /sys/class/misc/tdx_guest/measurements/*; do echo $f; xxd -p -c 48 $f; done",
  "cvm-sev-snp":
    "mkosi --directory cvm build && sev-snp-measure --mode snp --vcpus N --vcpu-type TYPE --ovmf OVMF.fd --kernel pha-pruntime.efi",
  nitro:
    "docker build --file nitro/Dockerfile --build-arg NODE_IMAGE=NAME@sha256:… --tag pha-pruntime . && nitro-cli build-enclave --docker-uri pha-pruntime --output-file pruntime.eif",
};

/** On a machine that was started with `dstack/app-compose.json`, which is written once the image is listed. */
const DSTACK_MACHINE = `curl --unix-socket /var/run/dstack.sock --json '{"report_data":"00"}' http://dstack/GetQuote`;

/** An image and the measurement that evidence of it has, in hex. */
export interface MeasuredImage {
  readonly platform: Platform;
  readonly lines: readonly ProductLine[];
  /** Of the scripts in it. */
  readonly digest: string;
  readonly measurement: string;
}

/** What yields the members of an entry, and the file that it is to be put into. */
export interface Missing {
  readonly command: string;
  readonly into: "deploy/images.json";
  readonly members: readonly string[];
}

export interface PlatformManifest {
  readonly platform: Platform;
  readonly lines: readonly ProductLine[];
  /** By name, in hex: what follows of the scripts and an image's name alone. */
  readonly computed: Readonly<Record<string, string>>;
  /** Of images of these scripts. */
  readonly measurements: readonly string[];
  /** Entries of these scripts that contradict what is computed. */
  readonly objections: readonly string[];
  /** Absent once there is a measurement. */
  readonly missing: Missing | undefined;
}

export interface MeasurementManifest {
  readonly platforms: readonly PlatformManifest[];
  /** All that are listed and have a measurement, those of other scripts too. */
  readonly images: readonly MeasuredImage[];
}

export interface ManifestInput {
  /** SHA-256 of the scripts, one after the other. */
  readonly digest: Uint8Array;
  /** The rendered recipe `dstack/compose.yaml`. */
  readonly compose: string;
  readonly images: readonly Image[];
}

export function measurementManifest(input: ManifestInput): MeasurementManifest {
  const told = input.images.map((image) => ({ image, ...tellOf(image, input) }));
  const platforms = PLATFORMS.map((platform): PlatformManifest => {
    const own = told.filter(
      ({ image }) => image.platform === platform && equalBytes(image.digest, input.digest),
    );
    const measurements = own.flatMap(({ measurement }) => measurement ?? []);
    return {
      platform,
      lines: LINES_OF[platform],
      computed: Object.fromEntries(own.flatMap(({ computed }) => Object.entries(computed ?? {}))),
      measurements,
      objections: own.flatMap(({ objection }) => objection ?? []),
      missing: measurements.length === 0 ? missingOf(platform, own.length > 0) : undefined,
    };
  });
  const images = told.flatMap(({ image: { platform, digest }, measurement }) =>
    measurement === undefined
      ? []
      : [{ platform, lines: LINES_OF[platform], digest: toHex(digest), measurement }],
  );
  return { platforms, images };
}

function missingOf(platform: Platform, isListed: boolean): Missing {
  const into = "deploy/images.json";
  if (platform !== "dstack")
    return { command: COMMANDS[platform], into, members: MEMBERS[platform] };
  return isListed
    ? { command: DSTACK_MACHINE, into, members: ["machine"] }
    : { command: COMMANDS.dstack, into, members: ["image"] };
}

interface Told {
  readonly computed?: Readonly<Record<string, string>>;
  readonly measurement?: string | undefined;
  readonly objection?: string;
}

function tellOf(image: Image, { digest, compose }: ManifestInput): Told {
  switch (image.platform) {
    case "gramine":
      return { measurement: toHex(sgxProgram(image.registers)) };
    case "cvm-tdx":
      return { measurement: toHex(tdxProgram(image.registers)) };
    case "cvm-sev-snp":
      return { measurement: toHex(programDigest("AmdSevSnp", [image.measurement])) };
    case "nitro":
      return { measurement: toHex(programDigest("AwsNitro", image.pcrs)) };
    case "dstack":
      // The recipe of other scripts is another one, which is not here.
      return equalBytes(image.digest, digest)
        ? tellOfDstack(image, compose)
        : {
            measurement: image.machine && domainOf(image.machine, replayBoot(image.machine.events)),
          };
  }
}

type DstackImage = Extract<Image, { readonly platform: "dstack" }>;

function domainOf({ registers }: NonNullable<DstackImage["machine"]>, rtmr3: Uint8Array): string {
  return toHex(tdxProgram({ ...registers, rtmrs: [...registers.rtmrs, rtmr3] }));
}

function tellOfDstack({ image, machine }: DstackImage, compose: string): Told {
  const app = dstackApp(dstackAppCompose(compose, image));
  const digests = app.events.map(({ name, digest }) => [`event ${name}`, toHex(digest)] as const);
  const computed = {
    composeHash: toHex(app.composeHash),
    appId: toHex(app.appId),
    ...Object.fromEntries(digests),
  };
  if (machine === undefined) return { computed };
  const register = dstackRegister(app, machine.events);
  if (!register.ok)
    return { computed, objection: `the machine measured another ${register.error.event}` };
  return {
    computed: { ...computed, rtmr3: toHex(register.value) },
    measurement: domainOf(machine, register.value),
  };
}
