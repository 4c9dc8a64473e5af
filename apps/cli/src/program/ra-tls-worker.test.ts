import { createServer } from "node:net";
import { expect, test } from "vitest";
import { raTlsWorker } from "./ra-tls-worker.ts";

test.each([
  "",
  "host",
  "host:",
  "host:0",
  ":9443",
  "u@host:1",
  "host:1/x",
  "host:99999",
  "host:1?a",
])("%j is no address", (text) => {
  expect(() => raTlsWorker(text, 1)).toThrow(
    expect.objectContaining({ code: "usage/bad-address" }),
  );
});

test.each(["worker.example.org:9443", "127.0.0.1:1", "[::1]:65535"])("%s is one", (text) => {
  expect(raTlsWorker(text, 1).worker.url).toBe(`ra-tls://${text}`);
});

test("before it is open it knows no boot, answers nothing, and never anything but queries", async () => {
  const { worker, close } = raTlsWorker("127.0.0.1:1", 1);
  const sealed = {
    boot: new Uint8Array(32),
    enc: new Uint8Array(32),
    ciphertext: new Uint8Array(0),
  };
  expect(await worker.info()).toEqual([]);
  const refused = { code: "ra-tls/queries-alone" };
  await expect(worker.query(sealed)).rejects.toMatchObject(refused);
  await expect(worker.challenge(sealed.boot, sealed.enc)).rejects.toMatchObject(refused);
  expect(await worker.reply(sealed.boot, sealed.enc, 1)).toBeUndefined();
  close();
});

test("who does not answer, or speaks something else, is told apart", async () => {
  const server = createServer((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens");
  // The chain is asked only when a certificate is there.
  const client: Parameters<ReturnType<typeof raTlsWorker>["open"]>[0] = JSON.parse("{}");
  const open = () =>
    raTlsWorker(`127.0.0.1:${address.port}`, 5_000).open(client, { identities: [] });
  await expect(open()).rejects.toMatchObject({ code: "ra-tls/no-handshake" });
  await new Promise((resolve) => server.close(resolve));
  await expect(open()).rejects.toMatchObject({ code: "worker/unreachable" });
});
