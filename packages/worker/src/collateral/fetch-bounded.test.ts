import { afterEach, describe, expect, test } from "vitest";
import { fetchBounded } from "./fetch-bounded.ts";
import { type FakeHandler, type FakeServices, startFakeServices } from "./testing/fake-services.ts";

const LIMITS = { maxBytes: 64, timeoutMs: 2_000, maxRedirects: 2, attempts: 3, firstPauseMs: 1 };
let services: FakeServices | undefined;

afterEach(() => services?.close());

async function ask(handler: FakeHandler, path = "/", limits = {}) {
  services = await startFakeServices(handler);
  const answer = await fetchBounded(
    services.url + path,
    { ...LIMITS, ...limits },
    new AbortController().signal,
  );
  return { answer, asked: services.asked };
}

describe("an answer of a source of collateral", () => {
  test("is read with its headers", async () => {
    const { answer } = await ask(() => ({ body: "abc", headers: { "X-Chain": "a%20b" } }));
    if (!answer.ok) throw new Error(answer.error.code);
    expect(new TextDecoder().decode(answer.value.body)).toBe("abc");
    expect(answer.value.header("x-chain")).toBe("a%20b");
    expect(answer.value.header("x-none")).toBeUndefined();
  });

  test("is asked for again while the source is busy or broken, and no more often than allowed", async () => {
    let left = 2;
    const late = await ask(() => (left-- > 0 ? { status: 503 } : { body: "x" }));
    expect(late.answer.ok).toBe(true);
    expect(late.asked.length).toBe(3);
    await services?.close();
    const never = await ask(() => ({ status: 429 }));
    expect(never.answer).toMatchObject({ error: { code: "keeper/http-status", status: 429 } });
    expect(never.asked.length).toBe(3);
    await services?.close();
    const unknown = await ask(() => ({ status: 404 }));
    expect(unknown.answer).toMatchObject({ error: { code: "keeper/http-status", status: 404 } });
    expect(unknown.asked.length).toBe(1);
  });

  test("longer than allowed is cut off, whatever length it announced", async () => {
    const { answer } = await ask((_, response) => {
      response.writeHead(200);
      response.write("x".repeat(60));
      response.end("x".repeat(60));
      return undefined;
    });
    expect(answer).toMatchObject({ error: { code: "keeper/answer-too-long", most: 64 } });
  });

  test("that does not come in time, or from nowhere, is none", async () => {
    const slow = await ask(() => undefined, "/", { timeoutMs: 500, attempts: 2 });
    expect(slow.answer).toMatchObject({ error: { code: "keeper/unreachable" } });
    expect(slow.asked.length).toBe(2);
    const url = services?.url ?? "";
    await services?.close();
    const gone = await fetchBounded(url, LIMITS, new AbortController().signal);
    expect(gone).toMatchObject({ error: { code: "keeper/unreachable" } });
  });

  test("follows a few redirections, and none to another protocol", async () => {
    const to = (location: string) => ({ status: 302, headers: { location } });
    const near = await ask((path) => (path === "/" ? to("/there") : { body: "x" }));
    expect(near.answer.ok).toBe(true);
    await services?.close();
    const round = await ask(() => to("/"));
    expect(round.answer).toMatchObject({ error: { code: "keeper/redirect-refused" } });
    expect(round.asked.length).toBe(3);
    for (const location of ["file:///etc/passwd", "https://127.0.0.1/", "http://"]) {
      await services?.close();
      const { answer } = await ask(() => to(location));
      expect(answer, location).toMatchObject({
        error: { code: "keeper/redirect-refused", location },
      });
    }
  });

  test("is given up when the host stops", async () => {
    services = await startFakeServices(() => undefined);
    const stopping = new AbortController();
    const asking = fetchBounded(services.url, { ...LIMITS, firstPauseMs: 60_000 }, stopping.signal);
    stopping.abort();
    expect(await asking).toMatchObject({ error: { code: "keeper/unreachable" } });
  });
});
