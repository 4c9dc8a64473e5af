/** HTTP of a worker host: queries in, answers out; the host is never trusted. */
import { QueryResponse, SealedQuery, SignedReply } from "@pha/protocol";
import { type CodecType, decode, encode, PhaError, parseHex, toHex } from "@pha/scale";

/** A pRuntime behind a worker host, as the host describes it (to be proven against the chain). */
export interface WorkerBoot {
  readonly identity: Uint8Array;
  readonly boot: Uint8Array;
  readonly bootEncryption: Uint8Array;
  readonly role: string;
  readonly provider: string;
  readonly name: string;
}

/** A worker host: not trusted, what it gives is verified by others. */
export interface WorkerClient {
  readonly url: string;
  info(): Promise<readonly WorkerBoot[]>;
  query(sealed: SealedQuery): Promise<CodecType<typeof QueryResponse>>;
  /** Evidence that the boot makes now. @param nonce 32 bytes */
  challenge(boot: Uint8Array, nonce: Uint8Array): Promise<Uint8Array>;
  /** `undefined` when the worker has not executed the contract's command within `waitMs`. */
  reply(
    contract: Uint8Array,
    commandId: Uint8Array,
    waitMs: number,
  ): Promise<SignedReply | undefined>;
}

const TIMEOUT_MS = 20_000;

/** HTTP of a worker host. */
export function createWorkerClient(url: string): WorkerClient {
  const base = url.replace(/\/$/, "");

  async function call(path: string, init: RequestInit, timeoutMs = TIMEOUT_MS): Promise<Response> {
    try {
      return await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    } catch (cause) {
      throw new PhaError("worker/unreachable", `no worker answers at ${base}`, {
        cause,
        facts: { url: base },
        hint: "Try another replica of the cluster, or look whether the worker host runs.",
      });
    }
  }

  async function refusal(response: Response): Promise<PhaError> {
    const text = await response.text().catch(() => "");
    const problem = problemOf(text);
    return new PhaError("worker/refused", problem ?? `the worker answered ${response.status}`, {
      facts: { url: base, status: response.status, ...(problem !== undefined && { problem }) },
      hint: "Try again, or another replica of the cluster.",
    });
  }

  return {
    url: base,
    async info() {
      const response = await call("/v1/info", {});
      if (!response.ok) throw await refusal(response);
      return bootsOf(await response.json());
    },
    async query(sealed) {
      const body = encode(SealedQuery, sealed);
      const response = await call("/v1/query", {
        method: "POST",
        body: new Uint8Array(body),
        headers: { "content-type": "application/octet-stream" },
      });
      if (!response.ok) throw await refusal(response);
      const decoded = decode(QueryResponse, new Uint8Array(await response.arrayBuffer()));
      if (!decoded.ok)
        throw new PhaError("worker/malformed", "the worker's answer cannot be read", {
          facts: { url: base },
          hint: "Try another replica of the cluster.",
        });
      return decoded.value;
    },
    async challenge(boot, nonce) {
      const response = await call(`/v1/challenge/${toHex(boot).slice(2)}`, {
        method: "POST",
        body: new Uint8Array(nonce),
        headers: { "content-type": "application/octet-stream" },
      });
      if (!response.ok) throw await refusal(response);
      return new Uint8Array(await response.arrayBuffer());
    },
    async reply(contract, commandId, waitMs) {
      // Command ids are public: somebody may use this one again with a contract of their own.
      const query = `wait=${waitMs}&contract=${toHex(contract).slice(2)}`;
      const path = `/v1/replies/${toHex(commandId).slice(2)}?${query}`;
      const response = await call(path, {}, waitMs + TIMEOUT_MS);
      if (response.status === 404) return undefined;
      if (!response.ok) throw await refusal(response);
      const decoded = decode(SignedReply, new Uint8Array(await response.arrayBuffer()));
      return decoded.ok ? decoded.value : undefined;
    },
  };
}

function problemOf(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    // Any fields, looked at before use.
    const { code } = parsed as Record<string, unknown>;
    return typeof code === "string" ? code : undefined;
  } catch {
    // Not a problem document: the status says enough.
    return undefined;
  }
}

function bootsOf(info: unknown): readonly WorkerBoot[] {
  // Any fields, each looked at before use.
  const { boots } = (typeof info === "object" && info !== null ? info : {}) as Record<
    string,
    unknown
  >;
  if (!Array.isArray(boots)) return [];
  return boots.flatMap((boot: unknown) => {
    // Any fields, each looked at before use.
    const record = (typeof boot === "object" && boot !== null ? boot : {}) as Record<
      string,
      unknown
    >;
    const key = (name: string): Uint8Array | undefined => {
      const text = record[name];
      const bytes = typeof text === "string" ? parseHex(text, 32) : undefined;
      return bytes?.ok && bytes.value.length === 32 ? bytes.value : undefined;
    };
    const text = (name: string): string => (typeof record[name] === "string" ? record[name] : "");
    const identity = key("identity");
    const own = key("boot");
    const bootEncryption = key("bootEncryption");
    if (!identity || !own || !bootEncryption) return [];
    return [
      {
        identity,
        boot: own,
        bootEncryption,
        role: text("role"),
        provider: text("provider"),
        name: text("name"),
      },
    ];
  });
}
