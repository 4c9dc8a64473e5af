import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type NodeLink, startNodeLink } from "./node-link.ts";

let link: NodeLink | undefined;
afterEach(() => link?.stop());

/** Answers what it is sent. */
async function startEcho(): Promise<{ readonly port: number; stop(): void }> {
  const server = createServer((socket) => socket.pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

test("passes bytes on, ends everything when it is cut, and passes them on again when it is mended", async () => {
  const echo = await startEcho();
  link = await startNodeLink(echo.port);
  const first = await open(link.port);
  first.write("one");
  expect(String((await once(first, "data"))[0])).toBe("one");

  const ended = once(first, "close");
  link.cut();
  await ended;
  const refused = await open(link.port);
  await once(refused, "close");
  expect(link.isCut).toBe(true);

  link.mend();
  const again = await open(link.port);
  again.write("two");
  expect(String((await once(again, "data"))[0])).toBe("two");
  echo.stop();
});

test("who connects while nobody listens behind it is sent away, as without it", async () => {
  const echo = await startEcho();
  echo.stop();
  link = await startNodeLink(echo.port);
  await once(await open(link.port), "close");
});
