/**
 * Faults over HTTP, for the console of the same devnet: `GET` lists, `POST` starts and ends them.
 *
 * **Trust**: any program on this machine may ask for the token, as it may send signals itself; a page of another origin may
 * not: `Host` must name this machine, `Origin` must be the console's, and the token, which such a page cannot read, must
 * come in a header of its own, which asks for a preflight that nobody answers. **Bounds**: `MAX_BODY`.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isPhaError, PhaError } from "@pha/scale";
import type { DevnetFaults } from "./faults.ts";

export const CONTROL_PATH = "/dev/faults";
export const CONTROL_HEADER = "x-pha-control";
const MAX_BODY = 1024;

export interface Control {
  /** Given to the page in `/pha.json`. */
  readonly token: string;
  answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body: object }>;
}

/** @param faults absent while the network starts */
export function createControl(faults: () => DevnetFaults | undefined): Control {
  const token = randomBytes(24).toString("hex");

  function isOwn({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(String(headers[CONTROL_HEADER] ?? ""));
    const isSame = given.length === token.length && timingSafeEqual(given, Buffer.from(token));
    // Absent of requests that no page made.
    const { origin, host } = headers;
    return isSame && (origin === undefined || origin === `http://${host}`);
  }

  async function act(request: IncomingMessage): Promise<object> {
    if (!isOwn(request))
      throw new PhaError("devnet/not-the-console", "faults are for this devnet's console alone", {
        hint: "Reload the console: its token is of the devnet that runs now.",
      });
    const known = faults();
    if (known === undefined)
      throw new PhaError("devnet/not-ready", "the network is not ready yet", {
        hint: "Try again when it is.",
      });
    if (request.method === "POST") {
      const { action, fault, target } = await bodyOf(request);
      if (action === "end") await known.end(fault, target);
      else await known.start(fault, target);
    }
    return { targets: known.targets, active: known.active };
  }

  return {
    token,
    async answer(request) {
      try {
        return { status: 200, body: await act(request) };
      } catch (error) {
        if (!isPhaError(error)) throw error;
        const { code, message, hint, facts } = error;
        return { status: STATUS[code] ?? 409, body: { code, message, hint, facts } };
      }
    },
  };
}

const STATUS: Readonly<Record<string, number>> = {
  "devnet/not-the-console": 403,
  "devnet/not-ready": 503,
  "devnet/bad-request": 400,
  "devnet/unknown-fault": 400,
};

interface Asked {
  readonly action: "start" | "end";
  readonly fault: string;
  readonly target: string;
}

async function bodyOf(request: IncomingMessage): Promise<Asked> {
  let text = "";
  for await (const part of request) {
    text += String(part);
    if (text.length > MAX_BODY) throw malformed();
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw malformed(cause);
  }
  if (typeof json !== "object" || json === null) throw malformed();
  const { action, fault, target }: Record<string, unknown> = { ...json };
  const isAction = action === "start" || action === "end";
  if (!isAction || typeof fault !== "string" || typeof target !== "string") throw malformed();
  return { action, fault, target };
}

function malformed(cause?: unknown): PhaError {
  return new PhaError("devnet/bad-request", "the request is not of the form that is expected", {
    hint: 'Send {"action": "start" or "end", "fault": …, "target": …} as JSON.',
    cause,
  });
}
