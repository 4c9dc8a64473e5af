// Runs a bundled program, with the code that V8 made of it when it was built. Lies in dist/ beside the programs.
import { hash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

const HASH_BYTES = 32;

/**
 * The script of a program, which is a function of what a module has and a script has not.
 *
 * Its cache begins with the hash of the very script it was made of: V8 itself compares no more than lengths. A cache of
 * another script, version of V8 or set of its flags is not used; then the script is compiled as it always was.
 */
export function loadScript(program) {
  const filename = program.replace(/\.js$/, ".script.js");
  const text = readFileSync(filename, "utf8");
  const digest = hash("sha256", text, "buffer");
  const cache = `${filename}.cache`;
  const kept = existsSync(cache) ? readFileSync(cache) : undefined;
  const cachedData = kept?.subarray(0, HASH_BYTES).equals(digest)
    ? kept.subarray(HASH_BYTES)
    : undefined;
  const script = new Script(text, { filename, cachedData });
  return {
    script,
    isCached: cachedData !== undefined && script.cachedDataRejected === false,
    /** Keeps the functions that were compiled so far; whole or not at all. */
    keepCode() {
      const partial = `${cache}.${process.pid}`;
      writeFileSync(partial, Buffer.concat([digest, script.createCachedData()]));
      renameSync(partial, cache);
    },
  };
}

const loaded = [];

/** Runs the program of that URL; gives what it exports. */
export function runScript(url) {
  const found = loadScript(fileURLToPath(url));
  loaded.push(found);
  return found.script.runInThisContext()(createRequire(url), url, (name) => import(name));
}

/** Of every program that this process has run. */
export function keepAllCode() {
  for (const { keepCode } of loaded) keepCode();
}
