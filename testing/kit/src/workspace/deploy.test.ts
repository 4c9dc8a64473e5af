/** Recipes for real TEEs: rendered, well formed, pinned, and without what must never be in one. None can be run here. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { MeasurementManifest } from "@pha/attestation";
import { describe, expect, test } from "vitest";
import { ROOT } from "./files.ts";

interface Measured {
  readonly scripts: readonly { readonly name: string; readonly sha256: string }[];
  readonly digest: string;
}
const { renderRecipes }: { renderRecipes(measured: Measured): Readonly<Record<string, string>> } =
  await import(join(ROOT, "bin", "recipes.mjs"));
interface Manifests {
  readonly manifest: MeasurementManifest;
  readonly appComposes: Readonly<Record<string, string>>;
}
const {
  manifestOf,
}: {
  manifestOf(measured: Measured, recipes: object, list?: string): Promise<Manifests>;
} = await import(join(ROOT, "bin", "manifest.mjs"));

const PRUNTIME = "1a".repeat(32);
const ENGINE = "2b".repeat(32);
const DIGEST = "3c".repeat(32);
const measured: Measured = {
  digest: `0x${DIGEST}`,
  scripts: [
    { name: "pruntime.js", sha256: PRUNTIME },
    { name: "engine.js", sha256: ENGINE },
  ],
};
const rendered = renderRecipes(measured);
const recipe = (name: string): string => {
  const text = rendered[name];
  if (text === undefined) throw new Error(`no recipe ${name}`);
  return text;
};

/** What a parser of Python's makes of a text, or why there is none here. */
function parsed(program: string, text: string): { value?: unknown; missing?: string } {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", program], {
    input: text,
    encoding: "utf8",
  });
  if (status === 3 || status === null) return { missing: "no such parser in this Python" };
  if (status !== 0) throw new Error(stderr);
  return { value: JSON.parse(stdout) };
}
const parser = (module: string, call: string): string => `
import json, sys
try:
    import ${module}
except ImportError:
    sys.exit(3)
print(json.dumps(${module}.${call}))
`;
const TOML = parser("tomllib", "loads(sys.stdin.read())");
const YAML = parser("yaml", "safe_load(sys.stdin)");
const noToml = parsed(TOML, "").missing;
const noYaml = parsed(YAML, "{}").missing;

test("every recipe is rendered, with the hashes of the scripts where a platform checks them", () => {
  expect(Object.keys(rendered)).toEqual([
    "cvm/mkosi.conf",
    "cvm/pruntime.service",
    "dstack/Dockerfile",
    "dstack/compose.yaml",
    "gramine/pruntime.manifest",
    "nitro/Dockerfile",
  ]);
  for (const [name, text] of Object.entries(rendered))
    expect(text, name).not.toMatch(/@[A-Z0-9_]+@/);
  for (const name of ["cvm/pruntime.service", "dstack/Dockerfile", "nitro/Dockerfile"])
    for (const line of [`${PRUNTIME}  /`, `${ENGINE}  /`, "sha256sum --check --strict"])
      expect(recipe(name), name).toContain(line);
});

test("a template that asks for what nobody measured is not rendered", () => {
  expect(() => renderRecipes({ digest: `0x${DIGEST}`, scripts: [] })).toThrow("PRUNTIME_SHA256");
});

describe.skipIf(noToml !== undefined)(`Gramine${noToml ? `: ${noToml}` : ""}`, () => {
  // Gramine's own names are filled in when it signs.
  const text = recipe("gramine/pruntime.manifest").replace(/\{\{[^}]*\}\}/g, "/gramine");
  const manifest = parsed(TOML, text).value as Readonly<Record<string, Record<string, unknown>>>;

  test("attests by DCAP, without debugging, and takes nothing of the host's but sealed files", () => {
    const { sgx, loader, fs } = manifest;
    expect(sgx).toMatchObject({
      debug: false,
      remote_attestation: "dcap",
      allowed_files: ["file:/var/lib/pha/pruntime/"],
    });
    expect(Object.keys(loader ?? {}).filter((key) => key.startsWith("insecure"))).toEqual([]);
    expect(loader?.["argv"]).toEqual([
      ...["node", "/pha/pruntime.js", "--data", "/sealed", "--provider", "gramine"],
    ]);
    expect(JSON.stringify(loader?.["env"])).not.toContain("passthrough");
    expect(JSON.stringify(fs)).toContain("/var/lib/pha/pruntime");
    expect(Object.keys(manifest).sort()).toEqual(["fs", "libos", "loader", "sgx"]);
  });

  test("pins the scripts by the hashes that were measured", () => {
    expect(manifest["sgx"]?.["trusted_files"]).toEqual(
      expect.arrayContaining([
        { uri: "file:/opt/pha/pruntime.js", sha256: PRUNTIME },
        { uri: "file:/opt/pha/engine.js", sha256: ENGINE },
      ]),
    );
  });
});

describe.skipIf(noYaml !== undefined)(`dstack${noYaml ? `: ${noYaml}` : ""}`, () => {
  test("has one service without rights, an image by digest, and the agent's socket", () => {
    const { services } = parsed(YAML, recipe("dstack/compose.yaml")).value as {
      readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    expect(Object.keys(services)).toEqual(["worker"]);
    const { worker } = services;
    expect(worker).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      labels: { "pha.digest": DIGEST },
    });
    expect(worker?.["image"]).toMatch(/^\$\{PHA_IMAGE:\?.*@sha256/);
    expect(worker).not.toHaveProperty("privileged");
    expect(worker?.["volumes"]).toContain("/var/run/dstack.sock:/var/run/dstack.sock");
    expect(worker).not.toHaveProperty("environment");
  });
});

describe("the manifest of measurements", () => {
  const image = `registry.example/pha/worker@sha256:${"4d".repeat(32)}`;
  const own = { platform: "dstack", digest: DIGEST, image };

  test("says for every recipe what is missing, and of which entry", async () => {
    const { manifest, appComposes } = await manifestOf(measured, rendered, "[]");
    expect(manifest.images).toEqual([]);
    expect(appComposes).toEqual({});
    const recipes = new Set(Object.keys(rendered).map((name) => name.split("/")[0]));
    for (const { platform, missing } of manifest.platforms) {
      expect(missing?.members.length, platform).toBeGreaterThan(0);
      expect(recipes, platform).toContain(platform.split("-")[0]);
    }
    // This checkout's own list is of the form that is read.
    await expect(manifestOf(measured, rendered)).resolves.toBeDefined();
    await expect(manifestOf(measured, rendered, '[{ "platform": "x" }]')).rejects.toThrow(
      "deploy/images.json: platform is unknown",
    );
  });

  test("has what dstack hashes, with the image in it and no variable of the environment", async () => {
    const list = JSON.stringify([own, { ...own, digest: "5e".repeat(32) }]);
    const { manifest, appComposes } = await manifestOf(measured, rendered, list);
    expect(Object.keys(appComposes)).toEqual(["dstack/app-compose.json"]);
    const [text = ""] = Object.values(appComposes);
    const compose: string = JSON.parse(text).docker_compose_file;
    expect(compose).toContain(`image: "${image}"`);
    expect(compose).toContain(`pha.digest: "${DIGEST}"`);
    expect(compose).not.toContain("$");
    const composeHash = `0x${createHash("sha256").update(text).digest("hex")}`;
    const dstack = manifest.platforms.find(({ platform }) => platform === "dstack");
    expect(dstack).toMatchObject({
      computed: { composeHash, appId: composeHash.slice(0, 42) },
      measurements: [],
      missing: { members: ["machine"] },
    });
  });
});

test("images name their base by digest and run without debugging", () => {
  for (const name of ["dstack/Dockerfile", "nitro/Dockerfile"]) {
    const instructions = recipe(name)
      .replace(/\\\n/g, " ")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    expect(instructions[0]).toBe("ARG NODE_IMAGE");
    expect(instructions[1]).toMatch(/^FROM \$\{NODE_IMAGE:\?/);
    for (const line of instructions) expect(line).toMatch(/^(ARG|FROM|COPY|RUN|USER|CMD) /);
    expect(instructions.join("\n")).not.toMatch(/--inspect|curl|wget|:latest/);
  }
});

test("the machine's image is verified from its command line on, and nobody can log in", () => {
  const settings = recipe("cvm/mkosi.conf");
  for (const line of [/^Verity=yes$/m, /^SecureBoot=yes$/m, /^Ssh=no$/m, /^RootPassword=$/m])
    expect(settings).toMatch(line);
  expect(settings).toMatch(/^KernelCommandLine=.*systemd\.verity=yes.*systemd\.getty_auto=no/m);
  const unit = recipe("cvm/pruntime.service");
  expect(unit.indexOf("ExecStartPre=")).toBeLessThan(unit.indexOf("ExecStart="));
  expect(unit.match(/^ExecStart(Pre)?=/gm)).toHaveLength(3);
  const sections = [...unit.matchAll(/^\[(\w+)\]$/gm)].map(([, name]) => name);
  expect(sections).toEqual(["Unit", "Service", "Install"]);
});
