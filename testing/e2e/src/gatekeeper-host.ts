/** Configuration of a host with one gatekeeper, as a further operator would write it. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "@pha/scale";

/**
 * On a platform of its own.
 *
 * @param state folder of a devnet with more than one gatekeeper
 * @param name of the host, for `startPart`, and of its pRuntime
 */
export function writeGatekeeperHost(state: string, name: string, operatorUri: string): void {
  const host = JSON.parse(readFileSync(join(state, "gatekeeper-2.json"), "utf8"));
  const dataDir = join(state, name);
  mkdirSync(dataDir);
  const platformFile = join(dataDir, "platform.json");
  const known = JSON.parse(readFileSync(host.pruntimes[0].platformFile, "utf8"));
  const platformSeed = toHex(new Uint8Array(randomBytes(32)));
  writeFileSync(platformFile, JSON.stringify({ ...known, platformSeed }), { mode: 0o600 });
  const pruntimes = [{ name, role: "gatekeeper", dataDir, platformFile }];
  writeFileSync(
    join(state, `${name}.json`),
    JSON.stringify({ ...host, httpPort: 0, operatorUri, pruntimes }),
    { mode: 0o600 },
  );
}
