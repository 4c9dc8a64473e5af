/**
 * Faults of the devnet that serves this page; nowhere else are there any. The token is of `/pha.json`, which pages of other
 * origins cannot read.
 *
 * **Bounds**: fields of another form count as not said.
 */
import { PhaError } from "@pha/scale";

export const FAULTS = ["crash", "stale-state", "tampered-runtime", "partition"] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultState {
  readonly targets: Readonly<Record<Fault, readonly string[]>>;
  readonly active: readonly {
    readonly fault: Fault;
    readonly target: string;
    readonly since: number;
  }[];
}

const PATH = "/dev/faults";
const TIMEOUT_MS = 20_000;

/** `undefined` where no devnet serves this page. */
export async function readFaults(): Promise<FaultState | undefined> {
  const token = await tokenOf();
  return token === undefined ? undefined : stateOf(await ask(token, { method: "GET" }));
}

export async function actOnFault(
  action: "start" | "end",
  fault: Fault,
  target: string,
): Promise<void> {
  const token = await tokenOf();
  if (token === undefined)
    throw new PhaError("devnet/none-here", "no devnet serves this page any more", {
      hint: "Start one with `npm start` and open its console.",
    });
  await ask(token, { method: "POST", body: JSON.stringify({ action, fault, target }) });
}

/** Asked anew each time: a devnet that was started again has another one. */
async function tokenOf(): Promise<string | undefined> {
  try {
    const response = await fetch("/pha.json", { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { token } = fields(fields(await response.json())["faults"]);
    return typeof token === "string" && /^[0-9a-f]{1,200}$/.test(token) ? token : undefined;
  } catch {
    // Not a server of ours, or it is gone.
    return undefined;
  }
}

async function ask(token: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(PATH, {
    ...init,
    headers: { "x-pha-control": token },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new PhaError("devnet/none-here", "no devnet serves this page any more", {
      hint: "Start one with `npm start` and open its console.",
      cause,
    });
  });
  const json: unknown = await response.json().catch(() => undefined);
  if (response.ok) return json;
  const { code, message, hint } = fields(json);
  throw new PhaError(
    typeof code === "string" ? code : "devnet/none-here",
    typeof message === "string" ? message : `the server answered ${response.status}`,
    { hint: typeof hint === "string" ? hint : "Reload the page." },
  );
}

export function stateOf(json: unknown): FaultState {
  const { targets, active } = fields(json);
  const list = (value: unknown): readonly unknown[] =>
    Array.isArray(value) ? value.slice(0, 64) : [];
  const of = (fault: Fault): readonly string[] =>
    list(fields(targets)[fault]).filter((one) => typeof one === "string");
  return {
    targets: {
      crash: of("crash"),
      "stale-state": of("stale-state"),
      "tampered-runtime": of("tampered-runtime"),
      partition: of("partition"),
    },
    active: list(active).flatMap((one) => {
      const { fault, target, since } = fields(one);
      const known = FAULTS.find((name) => name === fault);
      return known !== undefined && typeof target === "string" && typeof since === "number"
        ? [{ fault: known, target, since }]
        : [];
    }),
  };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
