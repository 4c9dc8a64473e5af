/** `docs/reference/http.md`: the worker host's HTTP, from its table of routes and its table of problems. */
import ts from "typescript";
import { code, page, table } from "./page.ts";
import { declarationOf, docComment, nodesOf, propertyOf, sourceFile, stringOf } from "./syntax.ts";

const GATEWAY = "packages/worker/src/gateway/gateway.ts";
const PROBLEMS = "packages/worker/src/gateway/problem.ts";
/** What a route's pattern takes, in words. */
const PARTS: readonly (readonly [string, string])[] = [
  ["(?:0x)?([0-9a-fA-F]{64})", "<64 hex digits>"],
  ["([a-z2-7]{1,128})", "<CID>"],
];

export function httpReference(): string {
  const session = declarationOf(sourceFile(GATEWAY), "SESSION_PATH");
  return page(
    "Worker host over HTTP",
    "Clients are hostile to a host and a host to its clients: bodies are sealed and answers prove themselves. Any origin may " +
      "ask. The [SDK](sdk.md) speaks it; so can anybody.",
    [
      "## Requests",
      table(
        ["request", "what it takes and gives"],
        [
          ...routes().map(({ method, path, docs }) => [code(`${method} ${path}`), docs]),
          ["WebSocket `/v1/session`", session === undefined ? "" : docComment(session).text],
        ],
      ),
      "## Problems",
      "Errors are `application/problem+json` (RFC 9457) with `code` and `hint`; [error codes](../errors.md) has all of them. With " +
        "429 and 503 goes `retry-after`.",
      table(["code", "status", "what is wrong"], problems()),
    ],
  );
}

export interface HttpRoute {
  readonly method: string;
  readonly path: string;
  readonly docs: string;
}

export function routes(): readonly HttpRoute[] {
  return [...nodesOf(sourceFile(GATEWAY))].filter(ts.isObjectLiteralExpression).flatMap((node) => {
    const method = stringOf(propertyOf(node, "method"));
    const path = propertyOf(node, "path");
    if (method === undefined || path === undefined || !ts.isRegularExpressionLiteral(path))
      return [];
    return [{ method, path: plainPath(path.text), docs: docComment(node).text }];
  });
}

function plainPath(pattern: string): string {
  let text = pattern.replace(/^\/\^/, "").replace(/\$\/$/, "").replaceAll("\\/", "/");
  for (const [part, words] of PARTS) text = text.replace(part, words);
  return text;
}

function problems(): readonly (readonly string[])[] {
  const declared = declarationOf(sourceFile(PROBLEMS), "PROBLEMS");
  const found = declared && [...nodesOf(declared)].find(ts.isObjectLiteralExpression);
  return [...(found?.properties ?? [])]
    .filter(ts.isPropertyAssignment)
    .flatMap(({ name, initializer }) => {
      if (!ts.isObjectLiteralExpression(initializer)) return [];
      const status = propertyOf(initializer, "status")?.getText() ?? "";
      return [
        [
          code(name.getText().replaceAll('"', "")),
          status,
          stringOf(propertyOf(initializer, "title")) ?? "",
        ],
      ];
    });
}
