import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blake2b256 } from "@pha/crypto";
import { MAX_RECEIPT_BLOBS, SnapshotManifest } from "@pha/protocol";
import { encode, PhaError, toHex, utf8 } from "@pha/scale";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SILENT } from "../log.ts";
import { type CarrierLimits, createBlobCarrier } from "./blob-carrier.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pha-blobs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const chunks = ["one", "two", "three"].map(utf8);
const manifest = encode(SnapshotManifest, { chunks: chunks.map(blake2b256) });
const delta = utf8("a delta");

function unannounced(): PhaError {
  return new PhaError("rpc/refused", "no", {
    facts: { data: "blob/not-announced" },
    hint: "later",
  });
}

/** A carrier before a node that refuses what is not announced, and chunks before their manifest. */
function aCarrier(limits: Partial<CarrierLimits> = {}) {
  const announced = new Set<string>();
  const stored: string[] = [];
  const kept: string[] = [];
  const tellings: number[] = [];
  let failing = false;
  const directory = join(folder, "blobs");
  const carrier = createBlobCarrier({
    directory,
    node: {
      async putBlob(digest, content) {
        expect(toHex(blake2b256(content))).toBe(toHex(digest));
        if (failing) throw new PhaError("rpc/closed", "gone", { hint: "again" });
        if (!announced.has(toHex(digest))) throw unannounced();
        stored.push(toHex(digest));
        for (const chunk of chunks)
          if (toHex(digest) === name(manifest)) announced.add(toHex(blake2b256(chunk)));
      },
    },
    kept: (digests) => {
      tellings.push(digests.length);
      kept.push(...digests.map(toHex));
    },
    log: SILENT,
    limits,
  });
  return {
    carrier,
    announced,
    stored,
    kept,
    tellings,
    fail(value: boolean) {
      failing = value;
    },
    files: () => readdirSync(directory).length,
    /** What was given is on disk, a head comes, and what it brings about is done. */
    async turn() {
      await carrier.settled();
      carrier.onHead();
      await carrier.settled();
    },
  };
}

const name = (content: Uint8Array): string => toHex(blake2b256(content));

describe("blobs of a pRuntime", () => {
  it("wait on disk until the chain refers to them", async () => {
    const { carrier, announced, kept, files, turn } = aCarrier();
    carrier.give("Delta", blake2b256(delta), delta);
    await turn();
    expect([kept, files()]).toEqual([[], 1]);
    announced.add(name(delta));
    await turn();
    expect([kept, files()]).toEqual([[name(delta)], 0]);
    await carrier.stop();
  });

  it("of a snapshot: the manifest goes first, and counts as kept with its last chunk", async () => {
    const { carrier, announced, stored, kept, fail, files, turn } = aCarrier();
    for (const chunk of chunks) carrier.give("Chunk", blake2b256(chunk), chunk);
    carrier.give("Manifest", blake2b256(manifest), manifest);
    await turn();
    expect([stored, kept]).toEqual([[], []]);
    announced.add(name(manifest));
    await turn();
    expect(stored).toEqual([manifest, ...chunks].map(name));
    expect(kept).toEqual([name(manifest)]);
    expect(files()).toBe(0);
    fail(true);
    await carrier.stop();
  });

  it("of replies are told of together when the node keeps them, and those that it does not keep later", async () => {
    const { carrier, announced, kept, tellings, turn } = aCarrier();
    const replies = Array.from({ length: MAX_RECEIPT_BLOBS + 2 }, (_, i) => utf8(`reply ${i}`));
    for (const reply of replies) carrier.give("Reply", blake2b256(reply), reply);
    const [late, ...others] = replies;
    for (const reply of others) announced.add(name(reply));
    await turn();
    expect(tellings).toEqual([MAX_RECEIPT_BLOBS, 1]);
    expect(new Set(kept)).toEqual(new Set(others.map(name)));
    announced.add(name(late!));
    await turn();
    expect(tellings).toEqual([MAX_RECEIPT_BLOBS, 1, 1]);
    await carrier.stop();
  });

  it("are brought again when the node fails, none twice", async () => {
    const { carrier, announced, stored, kept, fail, turn } = aCarrier();
    for (const chunk of chunks) carrier.give("Chunk", blake2b256(chunk), chunk);
    carrier.give("Manifest", blake2b256(manifest), manifest);
    announced.add(name(manifest));
    fail(true);
    await turn();
    expect([stored, kept]).toEqual([[], []]);
    fail(false);
    await turn();
    expect(kept).toEqual([name(manifest)]);
    expect(stored.length).toBe(4);
    await carrier.stop();
  });

  it("that nobody announces are dropped in time, and more than there is room for is not taken", async () => {
    const { carrier, announced, kept, files, turn } = aCarrier({ waitMs: 20, maxBytes: 10 });
    carrier.give("Delta", blake2b256(delta), delta);
    carrier.give("Delta", blake2b256(manifest), manifest);
    await new Promise((resolve) => setTimeout(resolve, 2 * 20));
    await turn();
    expect(files()).toBe(0);
    announced.add(name(delta));
    await turn();
    expect(kept).toEqual([]);
    await carrier.stop();
  });

  it("of a former start are not there any more", async () => {
    const first = aCarrier();
    first.carrier.give("Delta", blake2b256(delta), delta);
    await first.turn();
    await first.carrier.stop();
    expect(first.files()).toBe(1);
    const second = aCarrier();
    await second.turn();
    expect(second.files()).toBe(0);
    await second.carrier.stop();
  });
});
