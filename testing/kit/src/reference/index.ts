/** Reference pages that derive from the sources: path → text. */
import { cliReference } from "./cli-reference.ts";
import { configReference } from "./config-reference.ts";
import { httpReference } from "./http-reference.ts";
import { metricsReference } from "./metrics-reference.ts";
import { rpcReference } from "./rpc-reference.ts";
import { sdkReference } from "./sdk-reference.ts";

export function referencePages(): readonly (readonly [path: string, text: string])[] {
  return [
    ["docs/reference/cli.md", cliReference()],
    ["docs/reference/rpc.md", rpcReference()],
    ["docs/reference/http.md", httpReference()],
    ["docs/reference/sdk.md", sdkReference()],
    ["docs/reference/config.md", configReference()],
    ["docs/reference/metrics.md", metricsReference()],
  ];
}
