import { PhaError } from "@pha/scale";
import { expect, test } from "vitest";
import type { RpcTransport } from "../rpc/transport.ts";
import { patientReads } from "./patient-reads.ts";

const refused = (rpcCode: number): PhaError =>
  new PhaError("rpc/refused", "no", { facts: { rpcCode }, hint: "The node says why." });

/** Refuses so many times with a code, then answers; pauses last no time and are kept. */
function aTransport(times: number, rpcCode = -32000, atPause = (): void => undefined) {
  const asked: string[] = [];
  const pauses: number[] = [];
  const rpc: RpcTransport = {
    async request(method) {
      asked.push(method);
      if (asked.length <= times) throw refused(rpcCode);
      return "answer";
    },
    subscribe: async () => () => undefined,
    close: () => undefined,
  };
  const wait = async (ms: number): Promise<void> => {
    pauses.push(ms);
    atPause();
  };
  return { rpc: patientReads(rpc, wait), asked, pauses };
}

test.each([
  "state_getStorage",
  "state_call",
  "system_accountNextIndex",
])("%s is asked again when no peer served it", async (method) => {
  const { rpc, asked, pauses } = aTransport(3);
  await expect(rpc.request(method, [])).resolves.toBe("answer");
  expect(asked).toEqual([method, method, method, method]);
  expect(pauses).toEqual([500, 500, 500]);
});

test("so is what needs a runtime that no peer has given yet", async () => {
  const { rpc, asked } = aTransport(1, -32800);
  await expect(rpc.request("state_getMetadata", [])).resolves.toBe("answer");
  expect(asked).toHaveLength(2);
});

test("after four attempts the last refusal is told", async () => {
  const { rpc, asked } = aTransport(9);
  await expect(rpc.request("state_getStorage", [])).rejects.toMatchObject({
    code: "rpc/refused",
  });
  expect(asked).toHaveLength(4);
});

test("what may change something, and other refusals, are not asked again", async () => {
  const submits = aTransport(1);
  await expect(submits.rpc.request("author_submitExtrinsic", [])).rejects.toMatchObject({
    facts: { rpcCode: -32000 },
  });
  expect(submits.asked).toHaveLength(1);
  const invalid = aTransport(1, -32602);
  await expect(invalid.rpc.request("state_getStorage", [])).rejects.toMatchObject({
    facts: { rpcCode: -32602 },
  });
  expect(invalid.asked).toHaveLength(1);
});

test("a caller who gives it up is told the last refusal, and nothing is asked again", async () => {
  const stop = new AbortController();
  const { rpc, asked } = aTransport(9, -32000, () => stop.abort());
  await expect(rpc.request("state_getStorage", [], { signal: stop.signal })).rejects.toMatchObject({
    code: "rpc/refused",
  });
  expect(asked).toHaveLength(1);
});
