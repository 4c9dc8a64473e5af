import { createServer, type RequestListener, type Server } from "node:http";
import { blake2b256 } from "@pha/crypto";
import { cidText, SEALED_CHUNK_BYTES } from "@pha/protocol";
import { utf8 } from "@pha/scale";
import { afterEach, expect, it } from "vitest";
import { SILENT } from "../log.ts";
import { createBlobSource } from "./blob-source.ts";

const content = utf8("a blob");
const digest = blake2b256(content);
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function aPeer(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
}

it("asks the node first, then each peer in turn", async () => {
  const paths: (string | undefined)[] = [];
  const peer = await aPeer((request, response) => {
    paths.push(request.url);
    response.end(content);
  });
  const source = createBlobSource({ getBlob: async () => undefined }, [peer], SILENT);
  expect(await source.get(digest, 0)).toBeUndefined();
  expect(await source.get(digest, 1)).toEqual(content);
  expect(await source.get(digest, 2)).toBeUndefined();
  expect(paths).toEqual([`/v1/blobs/${cidText(digest)}`]);
});

it("passes nothing on that has another hash, is too long, missing or cannot be had", async () => {
  const peers = await Promise.all([
    aPeer((_, response) => response.end("garbage")),
    aPeer((_, response) => response.end(Buffer.alloc(SEALED_CHUNK_BYTES + 1))),
    aPeer((_, response) => response.writeHead(404).end()),
    aPeer((_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end()),
    aPeer((request) => request.socket.destroy()),
  ]);
  const node = { getBlob: async () => utf8("another") };
  const source = createBlobSource(node, peers, SILENT);
  for (let i = 0; i <= peers.length; i++) expect(await source.get(digest, i)).toBeUndefined();
  const failing = createBlobSource(
    { getBlob: () => Promise.reject(new Error("gone")) },
    [],
    SILENT,
  );
  expect(await failing.get(digest, 5)).toBeUndefined();
});
