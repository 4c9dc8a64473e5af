import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCountedFile } from "../shell/counted-file.ts";
import { type Swtpm, startSwtpm, swtpmMissing } from "./testing/swtpm.ts";
import {
  ALGORITHM,
  HANDLE,
  join,
  send,
  sized,
  type TpmTransport,
  u16,
  u32,
} from "./tpm-commands.ts";
import { tpmCounters } from "./tpm-counter.ts";

const files = { pause: () => Promise.resolve() };
const NONE = new Uint8Array(0);

/** Somebody with the owner's rights, which are everybody's where no password is set. */
const undefine = (tpm: TpmTransport, index: number) =>
  send(tpm, { code: 0x122, handles: [HANDLE.owner, index], sessions: [HANDLE.password] });
const define = (tpm: TpmTransport, index: number, attributes: number) =>
  send(tpm, {
    code: 0x12a,
    handles: [HANDLE.owner],
    sessions: [HANDLE.password],
    parameters: join(
      sized(NONE),
      sized(join(u32(index), u16(ALGORITHM.sha256), u32(attributes), sized(NONE), u16(8))),
    ),
  });
const OURS = (1 << 2) | (1 << 4) | (1 << 18) | (1 << 25);

describe.skipIf(swtpmMissing)(`counters of a TPM${swtpmMissing ? `: ${swtpmMissing}` : ""}`, () => {
  let swtpm: Swtpm;
  beforeAll(async () => {
    swtpm = await startSwtpm();
  });
  afterAll(() => swtpm?.stop());

  test("only move on, each by itself", async () => {
    const counters = tpmCounters(swtpm.tpm, files);
    const [one, other] = [await counters.create(), await counters.create()];
    expect(one).not.toBe(other);
    const [before, others] = [await counters.read(one), await counters.read(other)];
    expect(await counters.increment(one)).toBe(before + 1n);
    expect(await counters.increment(one)).toBe(before + 2n);
    expect(await counters.read(one)).toBe(before + 2n);
    expect(await counters.read(other)).toBe(others);
  });

  test("that were removed and made anew begin above all there ever were", async () => {
    const counters = tpmCounters(swtpm.tpm, files);
    const index = await counters.create();
    for (let i = 0; i < 5; i++) await counters.increment(index);
    const highest = await counters.read(index);
    await undefine(swtpm.tpm, index);
    await expect(counters.read(index)).rejects.toMatchObject({ code: "provider/tpm-refused" });
    await define(swtpm.tpm, index, OURS);
    await send(swtpm.tpm, { code: 0x134, handles: [index, index], sessions: [HANDLE.password] });
    expect(await counters.read(index)).toBeGreaterThan(highest);
  });

  test.each([
    ["that may be written", (1 << 2) | (1 << 18) | (1 << 25)],
    ["that the owner reads, too", OURS | (1 << 17)],
    ["that is lost with the power", OURS | (1 << 26)],
  ])("an index %s is no counter", async (_, attributes) => {
    const counters = tpmCounters(swtpm.tpm, files);
    const index = await counters.create();
    const count = await counters.read(index);
    await undefine(swtpm.tpm, index);
    await define(swtpm.tpm, index, attributes);
    // The attack: an index that holds any number one likes, under the counter's name.
    const isCounter = (attributes & (1 << 4)) !== 0;
    const number = new Uint8Array([...Array(7).fill(0), Number(count)]);
    await send(swtpm.tpm, {
      code: isCounter ? 0x134 : 0x137,
      handles: [index, index],
      sessions: [HANDLE.password],
      parameters: isCounter ? NONE : join(sized(number), u16(0)),
    });
    for (const use of [counters.read, counters.increment])
      await expect(use(index)).rejects.toMatchObject({ code: "provider/tpm-no-counter" });
  });

  test("keep a sealed store from coming back as it was", async () => {
    const dir = await mkdtemp(joinPath(tmpdir(), "pha-tpm-store-"));
    try {
      const path = joinPath(dir, "sealed.bin");
      const key = new Uint8Array(32).fill(1);
      const open = () => openCountedFile(path, key, tpmCounters(swtpm.tpm, files));
      await open().write(Uint8Array.of(1));
      expect(await open().read()).toEqual(Uint8Array.of(1));
      const old = openCountedFile(path, key, tpmCounters(swtpm.tpm, files));
      await old.read();
      await old.write(Uint8Array.of(2));
      expect(await open().read()).toEqual(Uint8Array.of(2));
      // On another machine, which has other counters.
      const elsewhere = await startSwtpm();
      try {
        const moved = openCountedFile(path, key, tpmCounters(elsewhere.tpm, files));
        await expect(moved.read()).rejects.toMatchObject({ code: "sealed-store/no-counter" });
      } finally {
        await elsewhere.stop();
      }
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});

describe("a device that answers anything", () => {
  const answering = (...answers: readonly (readonly number[])[]): TpmTransport => {
    const left = [...answers];
    return { exchange: () => Promise.resolve(Uint8Array.from(left.shift() ?? [])) };
  };
  const answer = (code: number, ...parameters: number[]) => [
    ...[0x80, 1, 0, 0, 0, 10 + parameters.length, 0, 0, code >> 8, code & 255],
    ...parameters,
  ];

  test("and has no room, or another length of a count", async () => {
    const full = Array.from({ length: 8 }, () => answer(0x14c));
    await expect(tpmCounters(answering(...full), files).create()).rejects.toMatchObject({
      code: "provider/tpm-no-index",
    });
    const short = tpmCounters(answering(answer(0), answer(0), answer(0, 0, 1, 9)), files);
    await expect(short.create()).rejects.toMatchObject({ code: "provider/tpm-malformed" });
    await expect(tpmCounters(answering(answer(0x923)), files).create()).rejects.toMatchObject({
      code: "provider/tpm-refused",
    });
  });
});
