/** Device trees that exist in a test only, with the rules of the kernel's. */
import { utf8 } from "@pha/scale";
import type { DeviceFiles } from "../device-files.ts";

export function deviceError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

export interface FakeTsm extends DeviceFiles {
  /** Errors of the next reads of `outblob`, one each. */
  readonly failures: string[];
  /** Writes of somebody else into each of the next requests. */
  interference: number;
  /** Folders that are there now. */
  readonly open: ReadonlySet<string>;
  readonly pauses: readonly number[];
}

/** configfs-tsm. @param reportOf what the machine gives for 64 bytes */
export function fakeTsm(input: {
  readonly folder: string;
  readonly provider: string;
  readonly reportOf: (reportData: Uint8Array) => Uint8Array;
  readonly aux?: Uint8Array;
}): FakeTsm {
  const { folder, provider, reportOf, aux } = input;
  const entries = new Map<string, { generation: number; inblob: Uint8Array | undefined }>();
  const pauses: number[] = [];
  const entryOf = (path: string) => {
    const [entry = "", file = ""] = path.slice(folder.length + 1).split("/");
    const found = entries.get(entry);
    if (found === undefined) throw deviceError("ENOENT");
    return { found, file };
  };
  const read = (path: string): Uint8Array => {
    const { found, file } = entryOf(path);
    if (file === "generation") return utf8(`${found.generation}\n`);
    if (file === "provider") return utf8(`${provider}\n`);
    if (file === "outblob") {
      const failure = fake.failures.shift();
      if (failure !== undefined) throw deviceError(failure);
      if (found.inblob === undefined) throw deviceError("EINVAL");
      return reportOf(found.inblob);
    }
    if (file === "auxblob" && aux !== undefined) return aux;
    throw deviceError("ENOENT");
  };
  const fake: FakeTsm = {
    failures: [],
    interference: 0,
    open: new Set(),
    pauses,
    exists: (path) => Promise.resolve(path === folder || entries.has(path)),
    read: async (path) => read(path),
    async write(path, bytes) {
      const { found, file } = entryOf(path);
      if (file !== "inblob" || bytes.length > 64) throw deviceError("EINVAL");
      found.inblob = bytes.slice();
      found.generation += 1;
      if (fake.interference === 0) return;
      fake.interference -= 1;
      found.inblob = new Uint8Array(64).fill(0xee);
      found.generation += 1;
    },
    async makeFolder(path) {
      const name = path.slice(folder.length + 1);
      if (entries.has(name)) throw deviceError("EEXIST");
      entries.set(name, { generation: 0, inblob: undefined });
    },
    async removeFolder(path) {
      if (!entries.delete(path.slice(folder.length + 1))) throw deviceError("ENOENT");
    },
    async pause(ms) {
      pauses.push(ms);
    },
  };
  Object.defineProperty(fake, "open", { get: () => new Set(entries.keys()) });
  return fake;
}

/** Gramine's `/dev/attestation`, whose quote is over what was written last. */
export function fakeGramine(input: {
  readonly folder: string;
  readonly type?: string;
  readonly quoteOf: (reportData: Uint8Array) => Uint8Array;
  readonly sealingKey?: Uint8Array;
}): DeviceFiles & { readonly failures: string[] } {
  const { folder, type = "dcap", quoteOf, sealingKey = new Uint8Array(16).fill(7) } = input;
  let written = new Uint8Array(64);
  const failures: string[] = [];
  const files: Readonly<Record<string, () => Uint8Array>> = {
    attestation_type: () => utf8(`${type}\n`),
    quote() {
      const failure = failures.shift();
      if (failure !== undefined) throw deviceError(failure);
      return quoteOf(written);
    },
    "keys/_sgx_mrenclave": () => sealingKey,
  };
  return {
    failures,
    exists: (path) => Promise.resolve(files[path.slice(folder.length + 1)] !== undefined),
    async read(path) {
      const file = files[path.slice(folder.length + 1)];
      if (file === undefined) throw deviceError("ENOENT");
      // Other requests may come in between.
      await Promise.resolve();
      return file();
    },
    async write(path, bytes) {
      if (path !== `${folder}/user_report_data` || bytes.length > 64) throw deviceError("EINVAL");
      await Promise.resolve();
      written = bytes.slice();
    },
    makeFolder: () => Promise.reject(deviceError("EPERM")),
    removeFolder: () => Promise.reject(deviceError("EPERM")),
    pause: () => Promise.resolve(),
  };
}
