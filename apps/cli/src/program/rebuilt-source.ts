/**
 * A folder of sources, built again, beside what workers are found to run.
 *
 * A simulated platform measures the scripts themselves. A real one measures an image in which they lie: which image has
 * which scripts, and what the platform's tool says of it, is written in the folder's `deploy/images.json` by who built it.
 * What is not there cannot be compared.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type MeasuredImage, parseImages } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { type Codec, fromHex, PhaError, toHex } from "@pha/scale";
import { branch, leaf, reportOf, type TrustNode, type TrustReport, type Verdict } from "@pha/sdk";
import { measureProgram, programFiles } from "./measure-program.ts";

const run = promisify(execFile);
/** Of each program, below `source`. */
const BRANCH = "source";
const LINK = `${BRANCH}/rebuilt`;
const ALLOWED = `${BRANCH}/allowed`;
const BUILD_MS = 300_000;
const MAX_OUTPUT_BYTES = 1 << 20;

export interface RebuiltSource {
  readonly folder: string;
  /** SHA-256 of the scripts, one after the other, in hex. */
  readonly digest: string;
  /** What a simulated platform measures of them, in hex. */
  readonly simulated: string;
  /** That are listed and have a measurement, of other scripts too. */
  readonly images: readonly MeasuredImage[];
}

/** @throws PhaError `usage/no-source`, `usage/bad-images`, `verify/not-built` */
export async function rebuildSource(given: string): Promise<RebuiltSource> {
  const folder = resolve(given);
  await checkImages(folder);
  const out = await mkdtemp(join(tmpdir(), "pha-rebuilt-"));
  try {
    const tool = join(folder, "bin", "measure.mjs");
    const { stdout } = await run(process.execPath, [tool, out], {
      cwd: folder,
      timeout: BUILD_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    }).catch((cause: unknown) => {
      throw notBuilt(folder, cause);
    });
    const built = readBuilt(stdout);
    if (built === undefined) throw notBuilt(folder, undefined);
    const simulated = toHex(await measureProgram(programFiles(join(out, "pruntime.js"))));
    return { folder, simulated, ...built };
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function notBuilt(folder: string, cause: unknown): PhaError {
  return new PhaError("verify/not-built", `the sources in ${folder} do not build`, {
    cause,
    facts: { folder },
    hint: "Give an unchanged checkout of the release that the worker says it runs.",
  });
}

type Built = Pick<RebuiltSource, "digest" | "images">;

function readBuilt(stdout: string): Built | undefined {
  try {
    const parsed: unknown = JSON.parse(stdout);
    const digest = memberOf(parsed, "digest");
    const images = memberOf(parsed, "images");
    if (isDigest(digest) && Array.isArray(images) && images.every(isMeasuredImage))
      return { digest, images };
  } catch {
    // The tool printed something else: not built.
  }
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function isDigest(value: unknown): value is string {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}

function isMeasuredImage(value: unknown): value is MeasuredImage {
  const lines = memberOf(value, "lines");
  return (
    typeof memberOf(value, "platform") === "string" &&
    ["digest", "measurement"].every((name) => isDigest(memberOf(value, name))) &&
    Array.isArray(lines) &&
    lines.every((line) => typeof line === "string")
  );
}

/** Looked at before anything is built: the tool would end without saying why. */
async function checkImages(folder: string): Promise<void> {
  const path = join(folder, "deploy", "images.json");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw noSource(folder, cause);
  });
  const images = parseImages(text);
  if (!images.ok)
    throw new PhaError("usage/bad-images", `the list ${path} is wrong: ${images.error.reason}`, {
      facts: { path, reason: images.error.reason },
      hint: "See deploy/README.md for the members of each platform's entry.",
    });
}

function noSource(folder: string, cause: unknown): PhaError {
  return new PhaError("usage/no-source", `${folder} is no checkout of Pha`, {
    cause,
    hint: "Give a folder with the sources of a release; deploy/images.json lists its images.",
  });
}

/** Links of a chain's state, as whoever verifies reads them. */
export interface AllowList {
  /** Under the block that everything is read at. */
  readonly read: <T>(item: {
    readonly key: Uint8Array;
    readonly value: Codec<T>;
  }) => Promise<T | undefined>;
  /** Of that block. */
  readonly block: number;
}

/** Those of the programs that the sources build to which the chain allows now, in hex. */
export async function allowedPrograms(
  source: RebuiltSource,
  { read, block }: AllowList,
): Promise<readonly string[]> {
  // Without a root of its own a chain knows no simulated platform, whatever its list has.
  const simulated = (await read(STORAGE.simulatedRoot)) === undefined ? [] : [source.simulated];
  const own = source.images.filter(({ digest }) => digest === source.digest);
  const programs = [...new Set([...simulated, ...own.map(({ measurement }) => measurement)])];
  const { key, value } = STORAGE.measurement;
  const since = await Promise.all(
    programs.map((program) => read({ key: key(fromHex(program)), value })),
  );
  return programs.filter((_, i) => (since[i] ?? Number.POSITIVE_INFINITY) <= block);
}

/**
 * The report, with whether the chain allows what the sources build to, and for each program whether they are its sources.
 *
 * @param allowed what `allowedPrograms` gave
 */
export function withSource(
  report: TrustReport,
  source: RebuiltSource,
  allowed: readonly string[],
): TrustReport {
  const { tree } = report;
  const parts = programsIn(tree).map((program) => sourceLeaf(program, source));
  const facts = { folder: source.folder, digest: source.digest };
  const says = "Whether the programs are built of the sources that you gave.";
  const none = leaf(LINK, false, "No program was found to compare the sources with.");
  const compared = parts.length === 0 ? [none] : parts;
  const node = branch(BRANCH, says, [allowedLeaf(allowed), ...compared], facts);
  return reportOf(branch(tree.link, tree.says, [...tree.parts, node], tree.facts));
}

function allowedLeaf(allowed: readonly string[]): TrustNode {
  const says =
    allowed.length > 0
      ? "Governance allows what these sources build to."
      : "Governance allows none of the programs that these sources build to.";
  return leaf(ALLOWED, allowed.length > 0, says, { programs: allowed.join(" ") });
}

/** What ends a verification whose trust ends at this link, where it is one of the sources' own. */
export function sourceError({ link }: Verdict): PhaError | undefined {
  if (link !== ALLOWED) return undefined;
  return new PhaError(
    "verify/source-not-allowed",
    "the chain's allow-list has none of the programs that these sources build to",
    {
      facts: { link },
      hint: "Give the sources of the release that governance allowed; `node bin/measure.mjs` prints what they are measured as.",
    },
  );
}

interface Program {
  readonly line: string;
  readonly measurement: string;
}

/** Each worker has its evidence and its program side by side. */
function programsIn({ parts }: TrustNode): readonly Program[] {
  const fact = (end: string, name: string): string | undefined => {
    const value = parts.find(({ link }) => link.endsWith(end))?.facts[name];
    return typeof value === "string" ? value : undefined;
  };
  const line = fact("/evidence", "line");
  const measurement = fact("/measurement", "measurement");
  const own = line !== undefined && measurement !== undefined ? [{ line, measurement }] : [];
  return [...own, ...parts.flatMap(programsIn)];
}

function sourceLeaf({ line, measurement }: Program, source: RebuiltSource): TrustNode {
  const facts = { line, measurement };
  if (line.startsWith("simulated")) {
    const same = measurement === source.simulated;
    const says = same
      ? "The program is what these sources build to."
      : "The program is another one than these sources build to.";
    return leaf(LINK, same, says, { ...facts, rebuilt: source.simulated });
  }
  const listed = source.images.filter(
    (one) => one.lines.some((own) => own === line) && one.measurement === measurement,
  );
  const image = listed.find(({ digest }) => digest === source.digest) ?? listed[0];
  if (image === undefined)
    return leaf(
      LINK,
      false,
      "The sources list no image of this measurement: what it has in it cannot be compared.",
      facts,
    );
  const same = image.digest === source.digest;
  return leaf(
    LINK,
    same,
    same
      ? "The image is listed, and its scripts are what these sources build to."
      : "The image is listed for other scripts than these sources build to.",
    { ...facts, rebuilt: source.digest },
  );
}
