/**
 * What worker hosts say of themselves: their word, shown as such beside what the chain proves.
 *
 * **Bounds**: `MAX_BYTES` of an answer, `MAX_BOOTS` of a host, `TIMEOUT_MS`; fields of another form count as not said.
 */

import { PhaError } from "@pha/scale";
import type { Client } from "@pha/sdk";
import { type Problem, problemOf } from "../problem.ts";

export interface HostBoot {
  readonly name: string;
  readonly role: string;
  /** In hex. */
  readonly identity: string;
  readonly boot: string;
  readonly head: number;
  readonly isRegistered: boolean;
  readonly restarts: number;
  /** Phases of its clusters, such as `serving`. */
  readonly phases: readonly string[];
  readonly generations: readonly number[];
}

export interface HostReading {
  readonly url: string;
  /** Absent: it did not answer. */
  readonly finalized: number | undefined;
  readonly boots: readonly HostBoot[];
  /** Why it is not ready, in its own words; none when it is. */
  readonly reasons: readonly string[];
  readonly problem: Problem | undefined;
  /** Unix milliseconds. */
  readonly at: number;
}

const MAX_BYTES = 1 << 20;
const MAX_BOOTS = 64;
const MAX_TEXT = 120;
const TIMEOUT_MS = 8_000;

export function readHosts(client: Client): Promise<readonly HostReading[]> {
  const urls = [...new Set(client.workers.map(({ url }) => url))];
  return Promise.all(urls.map(readHost));
}

async function readHost(url: string): Promise<HostReading> {
  const at = Date.now();
  try {
    const [info, ready] = await Promise.all([ask(`${url}/v1/info`), ask(`${url}/readyz`)]);
    return { url, ...infoOf(info), reasons: reasonsOf(ready), problem: undefined, at };
  } catch (error) {
    // A host that is away is part of the picture: the others are shown.
    return { url, finalized: undefined, boots: [], reasons: [], problem: problemOf(error), at };
  }
}

async function ask(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await response.text();
    return text.length > MAX_BYTES ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new PhaError("worker/unreachable", `no worker host answers at ${url}`, {
      cause,
      facts: { url },
      hint: "Look whether the worker host runs.",
    });
  }
}

/** Checked fields of a host's `/v1/info`. */
export function infoOf(info: unknown): Pick<HostReading, "finalized" | "boots"> {
  const { finalized, boots } = fields(info);
  const number = fields(finalized)["number"];
  return {
    finalized: isCount(number) ? number : undefined,
    boots: (Array.isArray(boots) ? boots : []).slice(0, MAX_BOOTS).flatMap((boot: unknown) => {
      const { name, role, identity, boot: key, head, registered, restarts } = fields(boot);
      const { clusters, generations } = fields(boot);
      if (!isKey(identity) || !isKey(key)) return [];
      const own = fields(head)["number"];
      return [
        {
          name: textOf(name),
          role: textOf(role),
          identity,
          boot: key,
          head: isCount(own) ? own : 0,
          isRegistered: registered === true,
          restarts: isCount(restarts) ? restarts : 0,
          phases: listOf(clusters).map((one) => textOf(fields(one)["phase"])),
          generations: listOf(generations).filter(isCount),
        },
      ];
    }),
  };
}

/** Checked fields of a host's `/readyz`. */
export function reasonsOf(ready: unknown): readonly string[] {
  return listOf(fields(ready)["reasons"]).map(textOf);
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MAX_BOOTS) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MAX_TEXT) : "";
}

function isKey(value: unknown): value is string {
  return typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
