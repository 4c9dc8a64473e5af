import { type QueryResponse, QueryResponse as QueryResponseCodec } from "@pha/protocol";
import { concatBytes, encode, u32 } from "@pha/scale";
import { expect, test } from "vitest";
import { type BinarySocketClass, MAX_IN_FLIGHT, openQueryChannel } from "./query-channel.ts";

type Listener = (event: { readonly data: unknown }) => void;

/** A worker's end in the same process. */
function fakeWorker(reachable = true) {
  const listeners = new Map<string, Listener[]>();
  const sent: Uint8Array[] = [];
  const emit = (type: string, data?: unknown): void => {
    for (const listener of listeners.get(type) ?? []) listener({ data });
  };
  class Socket {
    binaryType = "";
    constructor(_url: string) {
      queueMicrotask(() => emit(reachable ? "open" : "error"));
    }
    send(data: Uint8Array): void {
      sent.push(data);
    }
    close(): void {
      emit("close");
    }
    addEventListener(type: string, listener: Listener): void {
      listeners.set(type, [...(listeners.get(type) ?? []), listener]);
    }
  }
  return { Socket: Socket as unknown as BinarySocketClass, sent, emit };
}

const zero = new Uint8Array(32);
const query = { boot: zero, enc: zero, ciphertext: Uint8Array.of(1) };
const response: QueryResponse = {
  sealed: { nonce: new Uint8Array(12), ciphertext: Uint8Array.of(2) },
  block: { number: 1, hash: zero },
  proof: [],
};
const frame = (id: number, body: Uint8Array): ArrayBuffer =>
  Uint8Array.from(concatBytes(encode(u32, id), body)).buffer;

test("answers reach the query whose number they carry, in any order", async () => {
  const { Socket, sent, emit } = fakeWorker();
  const channel = await openQueryChannel("http://worker/", Socket);
  const first = channel.ask(query);
  const second = channel.ask(query);
  expect(sent.map((bytes) => bytes[0])).toEqual([1, 2]);
  const other = { ...response, block: { number: 2, hash: zero } };
  emit("message", frame(2, encode(QueryResponseCodec, other)));
  emit("message", frame(1, encode(QueryResponseCodec, response)));
  expect((await first).block.number).toBe(1);
  expect((await second).block.number).toBe(2);
});

test("a response without proof has the last one that came, and each keeps its own", async () => {
  const { Socket, emit } = fakeWorker();
  const channel = await openQueryChannel("http://worker", Socket);
  const proofs = [[], [zero], [], [query.ciphertext], []];
  const asked = proofs.map(() => channel.ask(query));
  proofs.forEach((proof, i) => {
    emit("message", frame(i + 1, encode(QueryResponseCodec, { ...response, proof })));
  });
  const got = await Promise.all(asked);
  expect(got.map(({ proof }) => proof)).toEqual([
    [],
    [zero],
    [zero],
    [query.ciphertext],
    [query.ciphertext],
  ]);
});

test("a refusal, a malformed answer and the end of the connection fail with their codes", async () => {
  const { Socket, emit } = fakeWorker();
  const channel = await openQueryChannel("http://worker", Socket);
  const refused = channel.ask(query);
  emit("message", JSON.stringify({ id: 1, code: "query/overloaded", hint: "Wait." }));
  await expect(refused).rejects.toMatchObject({ code: "worker/refused", hint: "Wait." });
  const malformed = channel.ask(query);
  emit("message", frame(2, Uint8Array.of(9)));
  await expect(malformed).rejects.toMatchObject({ code: "worker/malformed" });
  emit("message", "no json");
  emit("message", new ArrayBuffer(2));
  const lost = channel.ask(query);
  channel.close();
  await expect(lost).rejects.toMatchObject({ code: "worker/session-ended" });
  await expect(channel.ask(query)).rejects.toMatchObject({ code: "worker/session-busy" });
});

test("no more than so many queries wait, and a worker that is away is named", async () => {
  const { Socket } = fakeWorker();
  const channel = await openQueryChannel("http://worker", Socket);
  const waiting = Array.from({ length: MAX_IN_FLIGHT }, () => channel.ask(query));
  await expect(channel.ask(query)).rejects.toMatchObject({ code: "worker/session-busy" });
  channel.close();
  for (const one of waiting) await expect(one).rejects.toThrow();
  await expect(openQueryChannel("http://worker", fakeWorker(false).Socket)).rejects.toMatchObject({
    code: "worker/unreachable",
  });
});
