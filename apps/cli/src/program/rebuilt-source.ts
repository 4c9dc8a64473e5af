/**
 * A folder of sources, built again, beside what workers are found to run.
 *
 * A simulated platform measures the scripts themselves. A real one measures an image in which they lie: which image has
 * which scripts is written in the folder's `deploy/images.json` by who built it, and what is not there cannot be compared.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { PhaError, toHex } from "@pha/scale";
import { branch, leaf, reportOf, type TrustNode, type TrustReport } from "@pha/sdk";
import { measureProgram, programFiles } from "./measure-program.ts";

const run = promisify(execFile);
/** Of each program, below `source`. */
const BRANCH = "source";
const LINK = `${BRANCH}/rebuilt`;
const BUILD_MS = 300_000;
const MAX_OUTPUT_BYTES = 1 << 20;

/** An image that somebody built of these scripts. */
export interface Image {
  /** Product line, such as `intel-sgx`. */
  readonly line: string;
  /** SHA-256 of the scripts, one after the other, in hex. */
  readonly digest: string;
  /** What evidence of the image is found to say, in hex. */
  readonly measurement: string;
}

export interface RebuiltSource {
  readonly folder: string;
  /** SHA-256 of the scripts, one after the other, in hex. */
  readonly digest: string;
  /** What a simulated platform measures of them, in hex. */
  readonly simulated: string;
  readonly images: readonly Image[];
}

/** @throws PhaError `usage/no-source`, `verify/not-built` */
export async function rebuildSource(given: string): Promise<RebuiltSource> {
  const folder = resolve(given);
  const images = await readImages(folder);
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
    const digest = digestOf(stdout);
    if (digest === undefined) throw notBuilt(folder, undefined);
    const simulated = toHex(await measureProgram(programFiles(join(out, "pruntime.js"))));
    return { folder, digest, simulated, images };
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

function digestOf(stdout: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(stdout);
    const digest = typeof parsed === "object" && parsed !== null && Reflect.get(parsed, "digest");
    return typeof digest === "string" ? digest : undefined;
  } catch {
    // The tool printed something else: not built.
    return undefined;
  }
}

async function readImages(folder: string): Promise<readonly Image[]> {
  try {
    const parsed: unknown = JSON.parse(
      await readFile(join(folder, "deploy", "images.json"), "utf8"),
    );
    if (Array.isArray(parsed) && parsed.every(isImage)) return parsed;
  } catch (cause) {
    throw noSource(folder, cause);
  }
  throw noSource(folder, undefined);
}

function noSource(folder: string, cause: unknown): PhaError {
  return new PhaError("usage/no-source", `${folder} is no checkout of Pha`, {
    cause,
    hint: "Give a folder with the sources of a release; deploy/images.json lists its images.",
  });
}

function isImage(value: unknown): value is Image {
  if (typeof value !== "object" || value === null) return false;
  const texts = ["line", "digest", "measurement"].map((name) => Reflect.get(value, name));
  return texts.every((text) => typeof text === "string");
}

/** The report, and for each program in it whether the sources are its sources. */
export function withSource(report: TrustReport, source: RebuiltSource): TrustReport {
  const { tree } = report;
  const parts = programsIn(tree).map((program) => sourceLeaf(program, source));
  const facts = { folder: source.folder, digest: source.digest };
  const says = "Whether the programs are built of the sources that you gave.";
  const none = leaf(LINK, false, "No program was found to compare the sources with.");
  const node = branch(BRANCH, says, parts.length === 0 ? [none] : parts, facts);
  return reportOf(branch(tree.link, tree.says, [...tree.parts, node], tree.facts));
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
  const image = source.images.find((one) => one.line === line && one.measurement === measurement);
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
