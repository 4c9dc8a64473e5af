import { PhaError } from "@pha/scale";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RpcTransport } from "../rpc/transport.ts";
import { patientReads } from "./patient-reads.ts";

const refused = (rpcCode: number): PhaError =>
  new PhaError("rpc/refused", "no", { facts: { rpcCode }, hint: "The node says why." });

/** Refuses so many times with a code, then answers. */
function aTransport(times: number, rpcCode = -32000) {
  const asked: string[] = [];
  const rpc: RpcTransport = {
    async request(method) {
      asked.push(method);
      if (asked.length <= times) throw refused(rpcCode);
      return "answer";
    },
    subscribe: async () => () => undefined,
    close: () => undefined,
  };
  return { rpc: patientReads(rpc), asked };
}

/** What a request comes to, however long its pauses are. */
async function ends(request: Promise<unknown>): Promise<unknown> {
  const end = request.catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return end;
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test.each([
  "state_getStorage",
  "state_call",
  "system_accountNextIndex",
])("%s is asked again when no peer served it", async (method) => {
  const { rpc, asked } = aTransport(3);
  await expect(ends(rpc.request(method, []))).resolves.toBe("answer");
  expect(asked).toEqual([method, method, method, method]);
});

test("so is what needs a runtime that no peer has given yet", async () => {
  const { rpc, asked } = aTransport(1, -32800);
  await expect(ends(rpc.request("state_getMetadata", []))).resolves.toBe("answer");
  expect(asked).toHaveLength(2);
});

test("after four attempts the last refusal is told", async () => {
  const { rpc, asked } = aTransport(9);
  await expect(ends(rpc.request("state_getStorage", []))).resolves.toMatchObject({
    code: "rpc/refused",
  });
  expect(asked).toHaveLength(4);
});

test("what may change something, and other refusals, are not asked again", async () => {
  const submits = aTransport(1);
  await ends(submits.rpc.request("author_submitExtrinsic", []));
  expect(submits.asked).toHaveLength(1);
  const invalid = aTransport(1, -32602);
  await expect(ends(invalid.rpc.request("state_getStorage", []))).resolves.toMatchObject({
    facts: { rpcCode: -32602 },
  });
  expect(invalid.asked).toHaveLength(1);
});

test("a caller who gave it up is not kept waiting", async () => {
  const { rpc, asked } = aTransport(9);
  const stop = new AbortController();
  const end = ends(rpc.request("state_getStorage", [], { signal: stop.signal }));
  stop.abort();
  await expect(end).resolves.toMatchObject({ code: "rpc/refused" });
  expect(asked).toHaveLength(1);
});
