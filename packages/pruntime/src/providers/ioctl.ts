/**
 * Devices that answer by `ioctl`: the port, and its shell over libc.
 *
 * Node has no such call. The package `koffi` makes it, is optional, and is loaded by nobody but who found such a device. A
 * device's argument is a struct of numbers and of addresses of other buffers: who asks writes the numbers, the shell the
 * addresses. Nothing is decided here.
 *
 * **Bounds**: `DEADLINE_MS`. A call that the kernel does not end keeps its buffers.
 */
import { open } from "node:fs/promises";
import { getSystemErrorName } from "node:util";
import { PhaError } from "@pha/scale";

export interface IoctlCall {
  /** Number of the request, as the kernel's macros make it. */
  readonly request: number;
  /** The struct; the kernel changes it in place. */
  readonly argument: Uint8Array<ArrayBuffer>;
  /** Buffers whose addresses belong into the struct, or into a buffer that it names. */
  readonly addresses: readonly Address[];
}

export interface Address {
  readonly of: Uint8Array<ArrayBuffer>;
  readonly into: Uint8Array<ArrayBuffer>;
  readonly at: number;
}

export interface IoctlDevices {
  /**
   * Opens the device, makes the call, closes it.
   *
   * @throws an error with the kernel's code, such as `EBUSY`; PhaError `provider/no-native-call`, `provider/no-answer`
   */
  call(path: string, call: IoctlCall): Promise<void>;
}

/** The function of a library, as `koffi` gives it. */
interface NativeCall {
  async(
    fd: number,
    request: number,
    argument: Uint8Array,
    done: (error: Error | null, result: number) => void,
  ): void;
}

interface Native {
  readonly ioctl: NativeCall;
  address(buffer: Uint8Array): bigint;
  errno(): number;
}

export interface NativeOptions {
  /** Library that has `ioctl`. @default this process, which has libc */
  readonly library?: string | undefined;
  readonly deadlineMs?: number;
  /** Default: the package `koffi`. */
  readonly load?: () => Promise<typeof import("koffi")>;
}

const DEADLINE_MS = 60_000;

/** Buffers whose address stays: short ones that JavaScript makes by itself may be moved. */
export function fixedBuffer(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

export function nativeIoctl({
  library,
  deadlineMs = DEADLINE_MS,
  load = () => import("koffi"),
}: NativeOptions = {}): IoctlDevices {
  let native: Promise<Native> | undefined;
  /** Their buffers are the kernel's until it answers. */
  const underWay = new Set<IoctlCall>();
  return {
    async call(path, call) {
      native ??= openNative(load, library);
      const { ioctl, address, errno } = await native;
      const file = await open(path, "r+");
      const { argument, addresses } = call;
      for (const { of, into, at } of addresses)
        new DataView(into.buffer, into.byteOffset).setBigUint64(at, address(of), true);
      underWay.add(call);
      const answered = new Promise<void>((resolve, reject) => {
        ioctl.async(file.fd, call.request, argument, (error, result) => {
          const code = errno();
          underWay.delete(call);
          // The descriptor is the kernel's until the call ends, and closing it cannot fail a call that was made.
          file.close().catch(() => {});
          if (error !== null) reject(error);
          else if (result >= 0) resolve();
          else {
            const name = getSystemErrorName(-code);
            reject(Object.assign(new Error(`ioctl: ${name}`), { code: name }));
          }
        });
      });
      await within(answered, deadlineMs, path);
    },
  };
}

async function openNative(
  load: () => Promise<typeof import("koffi")>,
  library: string | undefined,
): Promise<Native> {
  try {
    const koffi = await load();
    return {
      // Any result below 0 is a failure; a pointer as third argument is what all our requests have.
      ioctl: koffi
        .load(library ?? null)
        .func("int ioctl(int fd, unsigned long request, void *argument)"),
      address: koffi.address,
      errno: () => koffi.errno(),
    };
  } catch (cause) {
    throw new PhaError("provider/no-native-call", "this machine's device asks for a native call", {
      cause,
      hint: "Install pRuntime with its optional package koffi (`npm install koffi`), for this processor and C library.",
    });
  }
}

function within(answered: Promise<void>, deadlineMs: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new PhaError("provider/no-answer", "a device did not answer in time", {
          facts: { path, deadlineMs },
          hint: "Look at the kernel's log; start the machine anew when the device stays silent.",
        }),
      );
    }, deadlineMs);
    answered.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
