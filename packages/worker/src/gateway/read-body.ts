/** Whole body of a request, bounded in size and time. */
import type { IncomingMessage } from "node:http";
import { fail, ok, type Result } from "@pha/scale";

export type BodyError = "http/body-too-large" | "http/body-timeout" | "http/aborted";

export function readBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs }: { readonly maxBytes: number; readonly timeoutMs: number },
): Promise<Result<Uint8Array, BodyError>> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > maxBytes) return Promise.resolve(fail("http/body-too-large"));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (result: Result<Uint8Array, BodyError>): void => {
      clearTimeout(timer);
      request.off("data", onData);
      resolve(result);
    };
    const timer = setTimeout(() => end(fail("http/body-timeout")), timeoutMs);
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > maxBytes) end(fail("http/body-too-large"));
      else chunks.push(chunk);
    };
    request.on("data", onData);
    request.once("end", () => {
      const [only] = chunks;
      end(ok(chunks.length === 1 && only ? only : Buffer.concat(chunks)));
    });
    request.once("close", () => end(fail("http/aborted")));
    request.once("error", () => end(fail("http/aborted")));
  });
}
