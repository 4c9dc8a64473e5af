import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { branch, leaf, reportOf } from "@pha/sdk";
import { afterAll, describe, expect, test } from "vitest";
import { type RebuiltSource, rebuildSource, withSource } from "./rebuilt-source.ts";

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

const source: RebuiltSource = {
  folder: "/source",
  digest: "0xd1",
  simulated: "0x51",
  images: [
    { line: "intel-tdx", digest: "0xd1", measurement: "0xaa" },
    { line: "aws-nitro", digest: "0xd0", measurement: "0xbb" },
  ],
};

describe("sources beside what runs", () => {
  test.each<readonly [line: string, measurement: string, ok: boolean, says: string]>([
    ["simulated", "0x51", true, "what these sources build to"],
    ["simulated", "0x52", false, "another one"],
    ["intel-tdx", "0xaa", true, "is listed"],
    // An image is of one platform.
    ["aws-nitro", "0xaa", false, "cannot be compared"],
    ["aws-nitro", "0xbb", false, "other scripts"],
    ["intel-sgx", "0xcc", false, "cannot be compared"],
  ])("%s %s: %s, because %s", (line, measurement, ok, says) => {
    const { ok: holds, verdicts } = withSource(reportFor(line, measurement), source);
    expect(holds).toBe(ok);
    expect(verdicts.at(-1)).toMatchObject({
      link: "source/rebuilt",
      ok,
      says: expect.stringContaining(says),
    });
  });

  test("nothing to compare is no success", () => {
    const report = reportOf(branch("trust", "", [leaf("genesis", true, "")]));
    expect(withSource(report, source).broken).toMatchObject({
      says: expect.stringContaining("No program"),
    });
  });
});

describe("a folder", () => {
  const folderWith = (images: string, tool: string) => {
    const folder = mkdtempSync(join(base, "folder-"));
    mkdirSync(join(folder, "deploy"));
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "deploy", "images.json"), images);
    writeFileSync(join(folder, "bin", "measure.mjs"), tool);
    return folder;
  };
  const WRITES = `import { writeFileSync } from "node:fs";
    for (const name of ["pruntime.js", "engine.js"]) writeFileSync(process.argv[2] + "/" + name, name);`;

  test("is built, and what it builds to is measured here", async () => {
    const tool = `${WRITES} console.log(JSON.stringify({ digest: "0xd1" }));`;
    const rebuilt = await rebuildSource(folderWith("[]", tool));
    expect(rebuilt).toMatchObject({ digest: "0xd1", images: [] });
    expect(rebuilt.simulated).toMatch(/^0x[0-9a-f]{64}$/);
  });

  test.each([
    ["without a list of images", "", WRITES, "usage/no-source"],
    ["with a list of something else", '[{ "line": 7 }]', WRITES, "usage/no-source"],
    ["that does not build", "[]", "process.exit(1)", "verify/not-built"],
    ["whose build says nothing", "[]", WRITES, "verify/not-built"],
  ])("%s is refused", async (_, images, tool, code) => {
    await expect(rebuildSource(folderWith(images, tool))).rejects.toMatchObject({ code });
  });
});
