/** Finds third-party vector files, gives them to the loader of their area, and runs the cases. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { accessLogCases } from "./apps.ts";
import { listedCases } from "./attestation/manifest.ts";
import {
  type AttestationVectors,
  attestationVectors,
  type evidenceVerdicts,
} from "./attestation.ts";
import { beefyVectors } from "./beefy.ts";
import { consensusVectors } from "./consensus.ts";
import { loadCryptoVectors } from "./crypto.ts";
import { loadMetadataVectors } from "./metadata.ts";
import { nposVectors } from "./npos.ts";
import { loadScaleVectors } from "./scale.ts";
import { loadTrieVectors } from "./trie.ts";
import type { VectorCase, VectorLoader } from "./vector-case.ts";

/** Area → loader. A folder belongs to the area that it or the nearest folder above is named after. */
export const LOADERS: Readonly<Record<string, VectorLoader>> = {
  trie: loadTrieVectors,
  scale: loadScaleVectors,
  metadata: loadMetadataVectors,
  crypto: loadCryptoVectors,
  consensus: consensusVectors,
  npos: nposVectors,
  beefy: beefyVectors,
};

/** Areas of parts that do not exist yet, and why nothing runs there. */
const LATER: Readonly<Record<string, string>> = {
  contracts: "ink! contracts come with the Wasm engine",
  phala: "token economics come with mining",
  xcm: "messages between chains are not part of this chain yet",
};

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export type Print = (line: string) => void;

/** The same checks over the half of crypto that browsers have. */
export interface WebHalf {
  readonly evidenceVerdicts: typeof evidenceVerdicts;
}

/**
 * Runs what lies under `folder` (an area, or several) and prints a line per case.
 *
 * @param webHalf evidence is judged by it as well, and a case on which the halves differ fails
 */
export function runVectors(folder: string, print: Print, webHalf?: WebHalf): Totals {
  const totals = { passed: 0, failed: 0, skipped: 0 };
  const skip = (name: string, reason: string): void => {
    totals.skipped++;
    print(`skip  ${name}: ${reason}`);
  };
  for (const { area, files } of areasIn(resolve(folder))) {
    const later = LATER[area];
    if (later !== undefined) {
      skip(area, later);
      continue;
    }
    for (const { name, cases, reason } of casesOf(area, files, webHalf)) {
      if (reason !== undefined) skip(name, reason);
      for (const vector of cases) runCase(`${name}: ${vector.name}`, vector, totals, skip, print);
    }
  }
  return totals;
}

function runCase(
  name: string,
  { run }: VectorCase,
  totals: { passed: number; failed: number },
  skip: (name: string, reason: string) => void,
  print: Print,
): void {
  try {
    const outcome = run();
    if (outcome !== undefined) {
      skip(name, outcome.skip);
      return;
    }
    totals.passed++;
    print(`pass  ${name}`);
  } catch (error) {
    totals.failed++;
    print(`FAIL  ${name}: ${error instanceof Error ? firstLine(error) : String(error)}`);
  }
}

function firstLine({ message }: Error): string {
  return message
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 4)
    .join(" ")
    .slice(0, 300);
}

interface Area {
  readonly area: string;
  readonly files: readonly string[];
}

const KNOWN = new Set([...Object.keys(LOADERS), ...Object.keys(LATER), "apps", "attestation"]);

/** Files by area, both in the order of their names. */
function areasIn(folder: string): readonly Area[] {
  if (!existsSync(folder)) return [];
  const areas = new Map<string, string[]>();
  for (const file of statSync(folder).isDirectory() ? filesIn(folder) : [folder]) {
    const area = areaOf(dirname(file)) ?? manifestArea(folder, file) ?? basename(dirname(file));
    const known = areas.get(area);
    if (known) known.push(file);
    else areas.set(area, [file]);
  }
  return [...areas].map(([area, files]) => ({ area, files }));
}

/** A folder of any name with a manifest of evidence holds evidence. */
function manifestArea(folder: string, file: string): string | undefined {
  for (let above = dirname(file); above.startsWith(folder); above = dirname(above)) {
    const manifest = join(above, "manifest.json");
    if (existsSync(manifest) && listedCases(readFileSync(manifest, "utf8")) !== undefined)
      return "attestation";
  }
  return undefined;
}

/** The area a folder is in: the name of the nearest folder upwards that is one. */
function areaOf(folder: string): string | undefined {
  return folder.split(sep).findLast((name) => KNOWN.has(name));
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory() || (entry.isSymbolicLink() && statSync(path).isDirectory()))
        return filesIn(path);
      return /^(README.*|\..*)$/i.test(entry.name) ? [] : [path];
    });
}

interface FileCases {
  readonly name: string;
  readonly cases: readonly VectorCase[];
  /** Why there are no cases. */
  readonly reason?: string;
}

function casesOf(
  area: string,
  files: readonly string[],
  webHalf: WebHalf | undefined,
): readonly FileCases[] {
  if (area === "apps") return logCases(files);
  if (area === "attestation") return evidenceCases(files, webHalf);
  const loader = LOADERS[area];
  return files.map((file) => {
    const name = `${area}/${basename(file)}`;
    if (loader === undefined) return { name, cases: [], reason: "no loader knows this area" };
    const cases = load(loader, file, name);
    return cases === undefined
      ? { name, cases: [], reason: "no format of this area fits the file" }
      : { name, cases };
  });
}

/** A loader that throws on a file of its format is a failed case, not the end of the run. */
function load(loader: VectorLoader, file: string, name: string): readonly VectorCase[] | undefined {
  try {
    return loader({ name: basename(file), bytes: new Uint8Array(readFileSync(file)) });
  } catch (error) {
    return [failing(name, error)];
  }
}

function failing(name: string, error: unknown): VectorCase {
  return {
    name: "loads",
    run: () => {
      throw error instanceof Error ? error : new Error(`${name} does not load`);
    },
  };
}

/** Evidence lies below a manifest that names it. */
function evidenceCases(
  files: readonly string[],
  webHalf: WebHalf | undefined,
): readonly FileCases[] {
  const manifests = files
    .filter(isManifest)
    .map((path) => ({ path, folder: dirname(path), ...vectorsOf(path, webHalf) }));
  return files.flatMap((file): readonly FileCases[] => {
    const own = manifests.find(({ path }) => path === file);
    if (own !== undefined) return [{ name: nameOf(file), cases: own.cases }];
    const above = manifests.find(({ folder, named }) => named.has(posixPath(folder, file)));
    if (above !== undefined) return [];
    return [{ name: nameOf(file), cases: [], reason: "no case of a manifest names it" }];
  });
}

const nameOf = (file: string): string => `attestation/${basename(file)}`;
const posixPath = (folder: string, file: string): string =>
  relative(folder, file).split(sep).join("/");

function isManifest(path: string): boolean {
  return basename(path) === "manifest.json";
}

function vectorsOf(path: string, webHalf: WebHalf | undefined): AttestationVectors {
  const folder = dirname(path);
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
  const vectors = attestationVectors(readFileSync(path, "utf8"), read, webHalf?.evidenceVerdicts);
  const error = new Error("the manifest has no cases of evidence");
  return vectors ?? { named: new Set(), cases: [failing(nameOf(path), error)] };
}

/** A log and its expectation lie side by side: `access.log` with `access-log-expected.json`. */
function logCases(files: readonly string[]): readonly FileCases[] {
  return files.map((file) => {
    const name = `apps/${relative(dirname(file), file)}`;
    if (file.endsWith("-expected.json")) {
      const log = files.find((other) => expectationsOf(other).includes(file));
      if (log === undefined) return { name, cases: [], reason: "the table has no program yet" };
      try {
        return { name, cases: accessLogCases(readFileSync(log), readFileSync(file)) };
      } catch (error) {
        return { name, cases: [failing(name, error)] };
      }
    }
    if (expectationsOf(file).some((other) => files.includes(other))) return { name, cases: [] };
    return { name, cases: [], reason: "nothing here reads such a file yet" };
  });
}

/** Names that the expectation of a log may have. */
function expectationsOf(file: string): readonly string[] {
  const stem = file.replace(/\.log$/, "");
  return stem === file ? [] : [`${stem}-log-expected.json`, `${stem}-expected.json`];
}
