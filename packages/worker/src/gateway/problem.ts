/** Errors of the gateway: one table from code to HTTP status, title and what the caller can do. */
import type { ServerResponse } from "node:http";

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly hint: string;
}

const AGAIN = "Try again in a moment, or another replica of the cluster.";
const INFO = "See /v1/info for the boots that this host serves.";

export const PROBLEMS: Readonly<Record<string, Problem>> = {
  "http/not-found": { status: 404, title: "There is nothing at this path.", hint: INFO },
  "http/method-not-allowed": {
    status: 405,
    title: "The path does not take this method.",
    hint: "Use the method that the `allow` header names.",
  },
  "http/body-too-large": {
    status: 413,
    title: "The body is larger than this host accepts.",
    hint: "A sealed query has at most 1 MiB.",
  },
  "http/body-timeout": {
    status: 408,
    title: "The body did not arrive in time.",
    hint: "Send the whole body at once.",
  },
  "http/bad-parameter": {
    status: 400,
    title: "A part of the address is malformed.",
    hint: "Ids are 64 hex digits, `wait` is a number of milliseconds.",
  },
  "http/too-many-requests": {
    status: 429,
    title: "This client has too many requests under way.",
    hint: "Wait for answers before asking more, or use one /v1/session connection.",
  },
  "http/overloaded": { status: 503, title: "The host has too many requests.", hint: AGAIN },
  "http/internal": { status: 500, title: "The host made a mistake.", hint: AGAIN },
  "query/malformed": {
    status: 400,
    title: "The body is not a sealed query.",
    hint: "Seal it with the SDK for a boot that /v1/info names.",
  },
  "query/unknown-boot": {
    status: 404,
    title: "No pRuntime with this boot runs here.",
    hint: "It may have restarted: read /v1/info again and seal to the boot that runs now.",
  },
  "query/wrong-boot": {
    status: 421,
    title: "The query is sealed to another boot.",
    hint: INFO,
  },
  "query/not-opened": {
    status: 400,
    title: "pRuntime cannot open the query.",
    hint: "Seal it to the boot's encryption key, for this network.",
  },
  "query/overloaded": { status: 503, title: "pRuntime has too many queries.", hint: AGAIN },
  "worker/overloaded": { status: 503, title: "pRuntime has too many queries.", hint: AGAIN },
  "worker/restarted": { status: 503, title: "pRuntime restarted meanwhile.", hint: AGAIN },
  "worker/restarting": { status: 503, title: "pRuntime is starting.", hint: AGAIN },
  "worker/deadline": { status: 504, title: "pRuntime did not answer in time.", hint: AGAIN },
  "worker/no-proof": {
    status: 502,
    title: "The node gave no proof for the answer.",
    hint: AGAIN,
  },
  "worker/no-evidence": {
    status: 404,
    title: "This boot has made no evidence yet.",
    hint: "Ask again after it registered.",
  },
  "worker/bad-nonce": {
    status: 400,
    title: "A challenge is a nonce of 32 bytes.",
    hint: "Send 32 random bytes as the body.",
  },
  "worker/challenge-busy": {
    status: 503,
    title: "Another challenge is being answered.",
    hint: "Ask again in a moment.",
  },
  "worker/evidence-failed": {
    status: 502,
    title: "The platform made no evidence.",
    hint: "Ask again; its operator sees the reason with `pha worker doctor`.",
  },
  "blob/not-here": {
    status: 404,
    title: "This host's node does not keep the blob.",
    hint: "Ask another host of the cluster; what the chain does not refer to any more is let go.",
  },
  "reply/not-found": {
    status: 404,
    title: "No reply to this command is known here.",
    hint: "Give `wait` to wait for it; older replies are on chain.",
  },
};

const UNKNOWN: Problem = { status: 502, title: "pRuntime refused the query.", hint: AGAIN };

export function problemOf(code: string): Problem {
  return PROBLEMS[code] ?? UNKNOWN;
}

/** RFC 9457 document with the code and what to do. */
export function sendProblem(
  response: ServerResponse,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const { status, title, hint } = problemOf(code);
  const body = JSON.stringify({ type: "about:blank", title, status, code, hint });
  response.writeHead(status, {
    "content-type": "application/problem+json",
    "content-length": Buffer.byteLength(body),
    ...(status === 429 || status === 503 ? { "retry-after": "1" } : {}),
    ...headers,
  });
  response.end(body);
}
