// What each platform measures of a build, as far as `deploy/images.json` and this machine can tell.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./bootstrap.mjs";
import { bundle } from "./bundle.mjs";

const ENTRY = "packages/attestation/src/manifest/index.ts";
/** Has the image's name from `images.json` in it. */
const DSTACK_RECIPE = "dstack/compose.yaml";

/** The functions that the CLI and the tests run, of this checkout's sources. */
async function load() {
  const folder = mkdtempSync(join(tmpdir(), "pha-manifest-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    // The half of crypto that browsers have: all of it goes inside.
    const programs = { manifest: ENTRY };
    await bundle({ root, dist: folder, programs, conditions: ["pha-web"] });
    return await import(pathToFileURL(join(folder, "manifest.js")).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param measured what `measure` gave
 * @param recipes what `renderRecipes` made of it
 * @param list text of the list of images; by default this checkout's
 * @returns `manifest`: per platform what is computed, measured and missing; `appComposes`: what dstack is given to run, by
 * path, for each image of these scripts
 */
export async function manifestOf(
  measured,
  recipes,
  list = readFileSync(join(root, "deploy", "images.json"), "utf8"),
) {
  const { dstackAppCompose, measurementManifest, parseImages } = await load();
  const images = parseImages(list);
  if (!images.ok) throw new Error(`deploy/images.json: ${images.error.reason}`);
  const digest = new Uint8Array(Buffer.from(measured.digest.slice(2), "hex"));
  const compose = recipes[DSTACK_RECIPE];
  const own = images.value.filter(
    (image) => image.platform === "dstack" && Buffer.compare(image.digest, digest) === 0,
  );
  const appComposes = Object.fromEntries(
    own.map(({ image }, i) => [
      `dstack/app-compose${i === 0 ? "" : `-${i}`}.json`,
      dstackAppCompose(compose, image),
    ]),
  );
  return { manifest: measurementManifest({ digest, compose, images: images.value }), appComposes };
}
