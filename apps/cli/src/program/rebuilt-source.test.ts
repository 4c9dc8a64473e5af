import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MeasuredImage } from "@pha/attestation";
import { STORAGE } from "@pha/protocol";
import { fromHex, toHex } from "@pha/scale";
import { branch, leaf, reportOf } from "@pha/sdk";
import { afterAll, describe, expect, test } from "vitest";
import { EXIT, exitCodeOf } from "./exit-code.ts";
import {
  type AllowList,
  allowedPrograms,
  type RebuiltSource,
  rebuildSource,
  sourceError,
  withSource,
} from "./rebuilt-source.ts";

const base = mkdtempSync(join(tmpdir(), "pha-source-"));
afterAll(() => rmSync(base, { recursive: true }));

function reportFor(line: string, measurement: string) {
  const worker = branch("replica", "", [
    leaf("replica/evidence", true, "", { line }),
    leaf("replica/measurement", true, "", { measurement }),
  ]);
  return reportOf(
    branch("trust", "", [leaf("genesis", true, ""), branch("replicas", "", [worker])]),
  );
}

const of = (byte: string): string => `0x${byte.repeat(32)}`;
const image = (line: string, digest: string, measurement: string) => ({
  platform: "nitro" as const,
  lines: [line] as MeasuredImage["lines"],
  ...{ digest: of(digest), measurement: of(measurement) },
});
const source: RebuiltSource = {
  folder: "/source",
  digest: of("d1"),
  simulated: of("51"),
  images: [
    image("intel-tdx", "d1", "aa"),
    image("aws-nitro", "d0", "bb"),
    // Of two builds that the platform does not tell apart, one is ours.
    image("intel-sgx", "d0", "dd"),
    image("intel-sgx", "d1", "dd"),
  ],
};
const allowed = [of("aa")];

describe("sources beside what runs", () => {
  test.each<readonly [line: string, measurement: string, ok: boolean, says: string]>([
    ["simulated", "51", true, "what these sources build to"],
    ["simulated", "52", false, "another one"],
    ["intel-tdx", "aa", true, "is listed"],
    // An image is of one platform.
    ["aws-nitro", "aa", false, "cannot be compared"],
    ["aws-nitro", "bb", false, "other scripts"],
    ["intel-sgx", "cc", false, "cannot be compared"],
    ["intel-sgx", "dd", true, "is listed"],
  ])("%s %s: %s, because %s", (line, measurement, ok, says) => {
    const report = withSource(reportFor(line, of(measurement)), source, allowed);
    expect(report.ok).toBe(ok);
    expect(report.verdicts.at(-2)).toMatchObject({
      link: "source/allowed",
      ok: true,
      facts: { programs: of("aa") },
    });
    expect(report.verdicts.at(-1)).toMatchObject({
      link: "source/rebuilt",
      ok,
      says: expect.stringContaining(says),
    });
    expect(report.broken && sourceError(report.broken)).toBeUndefined();
  });

  test("nothing to compare is no success", () => {
    const report = reportOf(branch("trust", "", [leaf("genesis", true, "")]));
    expect(withSource(report, source, allowed).broken).toMatchObject({
      says: expect.stringContaining("No program"),
    });
  });

  test("that the chain allows nothing of ends with its own code", () => {
    const { ok, broken } = withSource(reportFor("simulated", of("51")), source, []);
    expect({ ok, broken }).toMatchObject({ ok: false, broken: { link: "source/allowed" } });
    const error = broken && sourceError(broken);
    expect(error).toMatchObject({ code: "verify/source-not-allowed" });
    expect(exitCodeOf(error?.code ?? "")).toBe(EXIT.notVerified);
  });
});

describe("the chain's allow-list", () => {
  /** A list of programs, each with the block since which it counts. */
  const listOf = (since: Readonly<Record<string, number>>, root?: Uint8Array): AllowList => {
    const entries = new Map<string, unknown>([
      [toHex(STORAGE.simulatedRoot.key), root],
      ...Object.entries(since).map(
        ([program, block]) =>
          [toHex(STORAGE.measurement.key(fromHex(of(program)))), block] as const,
      ),
    ]);
    return {
      block: 10,
      // What the codec of the key would give.
      read: (async ({ key }) => entries.get(toHex(key))) as AllowList["read"],
    };
  };
  const root = new Uint8Array(32);

  test.each<readonly [string, AllowList, readonly string[]]>([
    ["has nothing", listOf({}, root), []],
    ["has an image of these scripts", listOf({ aa: 10 }), ["aa"]],
    ["will have it a block later", listOf({ aa: 11 }), []],
    ["has an image of other scripts", listOf({ bb: 1 }), []],
    ["has what a simulated platform measures", listOf({ "51": 0 }, root), ["51"]],
    ["has that, and knows no such platform", listOf({ "51": 0 }), []],
    ["has all of it", listOf({ "51": 0, aa: 1, bb: 1, dd: 1 }, root), ["51", "aa", "dd"]],
  ])("%s", async (_, list, programs) => {
    expect(await allowedPrograms(source, list)).toEqual(programs.map(of));
  });
});

describe("a folder", () => {
  const folderWith = (images: string | undefined, tool: string) => {
    const folder = mkdtempSync(join(base, "folder-"));
    mkdirSync(join(folder, "deploy"));
    mkdirSync(join(folder, "bin"));
    if (images !== undefined) writeFileSync(join(folder, "deploy", "images.json"), images);
    writeFileSync(join(folder, "bin", "measure.mjs"), tool);
    return folder;
  };
  const WRITES = `import { writeFileSync } from "node:fs";
    for (const name of ["pruntime.js", "engine.js"]) writeFileSync(process.argv[2] + "/" + name, name);`;

  const saying = (said: object) =>
    `${WRITES} console.log(${JSON.stringify(JSON.stringify(said))});`;

  test("is built, and what it builds to is measured here", async () => {
    const images = source.images;
    const tool = saying({ digest: of("d1"), images });
    const rebuilt = await rebuildSource(folderWith("[]", tool));
    expect(rebuilt).toMatchObject({ digest: of("d1"), images });
    expect(rebuilt.simulated).toMatch(/^0x[0-9a-f]{64}$/);
  });

  test.each<readonly [string, string | undefined, string, string]>([
    ["without a list of images", undefined, WRITES, "usage/no-source"],
    ["with a list of something else", '[{ "line": 7 }]', WRITES, "usage/bad-images"],
    ["that does not build", "[]", "process.exit(1)", "verify/not-built"],
    ["whose build says nothing", "[]", WRITES, "verify/not-built"],
    ["whose digest is none", "[]", saying({ digest: "0xd1", images: [] }), "verify/not-built"],
    [
      "whose images have no measurement",
      "[]",
      saying({ digest: of("d1"), images: [{ platform: "nitro", lines: [], digest: of("d1") }] }),
      "verify/not-built",
    ],
  ])("%s is refused", async (_, images, tool, code) => {
    await expect(rebuildSource(folderWith(images, tool))).rejects.toMatchObject({ code });
  });
});
