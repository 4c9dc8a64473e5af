/** Which keys a node needs, and the signer that has them. A node never opens a keystore itself. */
import { join, resolve } from "node:path";
import { PhaError } from "@pha/scale";
import type { NodeConfig } from "../config.ts";
import type { NodeLog } from "../node-log.ts";
import { type Keystore, noFolder, type SessionKeys } from "./keystore.ts";
import { createRemoteKeys } from "./remote-keys.ts";
import { startSigner } from "./signer-process.ts";

/** How soon a key is known that another program put into the folder. */
const RELOAD_MS = 10_000;

export interface NodeKeys {
  /** Absent: the node follows. */
  readonly keystore: Keystore | undefined;
  /** Absent: RPC handles no keys. */
  readonly sessionKeys: SessionKeys | undefined;
  stop(): Promise<void>;
}

export type KeysConfig = Pick<NodeConfig, "authority" | "validator" | "rpcUnsafe" | "dataDir">;

/** What the signer is opened with; `undefined` for a node that needs none. @throws PhaError `keystore/no-folder` */
export function signerNeeds({ authority, validator, rpcUnsafe, dataDir }: KeysConfig) {
  const folder = dataDir === undefined ? undefined : join(resolve(dataDir), "keystore");
  if (validator === true && folder === undefined) throw noFolder();
  const isValidator = authority !== undefined || validator === true;
  const handlesKeys = rpcUnsafe === true && folder !== undefined;
  return isValidator || handlesKeys ? { folder, authority, isValidator, handlesKeys } : undefined;
}

/** @throws PhaError `keystore/…`, `signer/…` */
export async function openNodeKeys(
  config: KeysConfig,
  options: {
    readonly program: string;
    readonly log: NodeLog;
    readonly onFailure: (error: unknown) => void;
  },
): Promise<NodeKeys> {
  const needs = signerNeeds(config);
  if (needs === undefined)
    return { keystore: undefined, sessionKeys: undefined, stop: async () => {} };
  const { folder, authority, isValidator, handlesKeys } = needs;
  const signer = await startSigner({ ...options, folder, authority });
  const keys = createRemoteKeys(signer.ask, signer.keys);
  const reloading = setInterval(() => {
    keys.reload().catch((error: unknown) => {
      // While it is away nothing is read; a folder that cannot be read is said by whatever is signed next.
      if (!(error instanceof PhaError)) options.onFailure(error);
    });
  }, RELOAD_MS);
  reloading.unref();
  return {
    keystore: isValidator ? keys.keystore : undefined,
    sessionKeys: handlesKeys ? keys.sessionKeys : undefined,
    stop: async () => {
      clearInterval(reloading);
      await signer.stop();
    },
  };
}
