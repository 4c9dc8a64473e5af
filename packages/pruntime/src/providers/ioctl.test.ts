import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixedBuffer, nativeIoctl } from "./ioctl.ts";

const scratch = mkdtempSync(join(tmpdir(), "pha-ioctl-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const device = join(scratch, "device");
writeFileSync(device, "");

/** A device of two iovecs: answers with the bytes that it was asked, each one more; knows a few other requests. */
const SOURCE = `
#include <cerrno>
#include <cstdint>
#include <unistd.h>
struct message { const uint8_t *request; uint64_t request_length; uint8_t *answer; uint64_t answer_length; };
extern "C" int ioctl(int fd, unsigned long number, void *argument) {
  auto *m = static_cast<message *>(argument);
  if (fd < 3) { errno = EBADF; return -1; }
  switch (number) {
    case 0xc0200a00:
      if (m->answer_length < m->request_length) { errno = EMSGSIZE; return -1; }
      for (uint64_t i = 0; i < m->request_length; i++) m->answer[i] = m->request[i] + 1;
      m->answer_length = m->request_length;
      return 0;
    case 1: errno = EBUSY; return -1;
    case 2: usleep(300000); return 0;
    default: errno = ENOTTY; return -1;
  }
}`;

const compiler = (() => {
  try {
    execFileSync("g++", ["--version"], { stdio: "ignore" });
    return "g++";
  } catch {
    return undefined;
  }
})();

function message(bytes: readonly number[], room = 16) {
  const request = fixedBuffer(bytes.length);
  request.set(bytes);
  const answer = fixedBuffer(room);
  const argument = fixedBuffer(32);
  const view = new DataView(argument.buffer);
  view.setBigUint64(8, BigInt(request.length), true);
  view.setBigUint64(24, BigInt(answer.length), true);
  const addresses = [
    { of: request, into: argument, at: 0 },
    { of: answer, into: argument, at: 16 },
  ];
  return { call: { request: 0xc020_0a00, argument, addresses }, view, answer };
}

describe.skipIf(compiler === undefined)("a device that answers by ioctl", () => {
  const library = join(scratch, "device.so");
  beforeAll(() => {
    const source = join(scratch, "device.cc");
    writeFileSync(source, SOURCE);
    execFileSync("g++", ["-shared", "-fPIC", "-o", library, source]);
  });

  test("reads and writes the buffers whose addresses it was given", async () => {
    const { call, view, answer } = message([1, 2, 3]);
    await nativeIoctl({ library }).call(device, call);
    expect(Number(view.getBigUint64(24, true))).toBe(3);
    expect([...answer.subarray(0, 4)]).toEqual([2, 3, 4, 0]);
  });

  test("fails with the kernel's code", async () => {
    const devices = nativeIoctl({ library });
    await expect(devices.call(device, message([1, 2], 1).call)).rejects.toMatchObject({
      code: "EMSGSIZE",
    });
    const busy = { ...message([1]).call, request: 1 };
    await expect(devices.call(device, busy)).rejects.toMatchObject({ code: "EBUSY" });
  });

  test("is given up when it does not answer in time", async () => {
    const silent = { ...message([1]).call, request: 2 };
    const asked = nativeIoctl({ library, deadlineMs: 20 }).call(device, silent);
    await expect(asked).rejects.toMatchObject({
      code: "provider/no-answer",
      facts: { path: device, deadlineMs: 20 },
    });
  });
});

describe("a native call", () => {
  test("by libc: a file is no device", async () => {
    await expect(nativeIoctl().call(device, message([1]).call)).rejects.toMatchObject({
      code: "ENOTTY",
    });
  });

  test("needs its package, and its function", async () => {
    const load = () => Promise.reject(new Error("Cannot find package 'koffi'"));
    await expect(nativeIoctl({ load }).call(device, message([1]).call)).rejects.toMatchObject({
      code: "provider/no-native-call",
    });
    const library = join(scratch, "nothing.so");
    await expect(nativeIoctl({ library }).call(device, message([1]).call)).rejects.toMatchObject({
      code: "provider/no-native-call",
    });
  });

  test("of a device that is not there keeps the system's code", async () => {
    const missing = join(scratch, "no-device");
    await expect(nativeIoctl().call(missing, message([1]).call)).rejects.toMatchObject({
      code: "ENOENT",
    });
  });
});
