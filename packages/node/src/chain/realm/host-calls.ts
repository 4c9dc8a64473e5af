/**
 * Calls from a realm to the node: a number for the function, bytes in one buffer that both sides use in turn.
 *
 * **Bounds**: an answer is as long as what it answers; the buffer grows with it and lives as long as the realm.
 * **Trust**: the realm runs a runtime of the chain; what it hands over is read as bytes and numbers, whatever it is.
 */
import { primitives } from "@pha/crypto";
import { MultiSignature } from "@pha/frame";
import { assert, decode, fail, ok, type Result } from "@pha/scale";
import type { Overlay } from "@pha/state";

/** Kinds of arguments and results: bytes, number (u32), wide number (u64), truth, bytes or nothing, nothing. */
export type Kind = "bytes" | "number" | "wide" | "truth" | "optional" | "none";

export interface HostFunction {
  readonly name: string;
  readonly args: readonly Kind[];
  readonly result: Kind;
}

/** The primitives of `@pha/crypto` that a runtime may use: no secrets, no entropy. */
const PRIMITIVES: readonly HostFunction[] = [
  { name: "blake2b", args: ["bytes", "number"], result: "bytes" },
  { name: "blake2bKeyed", args: ["bytes", "bytes", "number"], result: "bytes" },
  { name: "xxh64", args: ["bytes", "wide"], result: "wide" },
  { name: "sha256", args: ["bytes"], result: "bytes" },
  { name: "sha384", args: ["bytes"], result: "bytes" },
  { name: "sha512", args: ["bytes"], result: "bytes" },
  { name: "keccak256", args: ["bytes"], result: "bytes" },
  { name: "hmacSha256", args: ["bytes", "bytes"], result: "bytes" },
  { name: "ed25519Verify", args: ["bytes", "bytes", "bytes"], result: "truth" },
  { name: "sr25519Verify", args: ["bytes", "bytes", "bytes"], result: "truth" },
  { name: "x25519PublicKey", args: ["bytes"], result: "bytes" },
  { name: "x25519", args: ["bytes", "bytes"], result: "optional" },
  { name: "aes256GcmOpen", args: ["bytes", "bytes", "bytes", "bytes"], result: "optional" },
  { name: "aes256GcmSeal", args: ["bytes", "bytes", "bytes", "bytes"], result: "bytes" },
  { name: "aes256Ctr", args: ["bytes", "bytes", "bytes"], result: "bytes" },
  { name: "secp256k1Recover", args: ["bytes", "bytes", "number"], result: "optional" },
  { name: "secp256k1Expand", args: ["bytes"], result: "optional" },
  { name: "p256Verify", args: ["bytes", "bytes", "bytes", "number"], result: "truth" },
  { name: "p384Verify", args: ["bytes", "bytes", "bytes", "number"], result: "truth" },
  { name: "blsDecompressG1", args: ["bytes"], result: "optional" },
  { name: "blsDecompressG2", args: ["bytes"], result: "optional" },
  { name: "blsAddG1", args: ["bytes", "bytes"], result: "bytes" },
  { name: "blsAddG2", args: ["bytes", "bytes"], result: "bytes" },
  { name: "blsMultiplyG1", args: ["bytes", "bytes"], result: "bytes" },
  { name: "blsMultiplyG2", args: ["bytes", "bytes"], result: "bytes" },
  { name: "blsMultiplySecretG1", args: ["bytes", "bytes"], result: "bytes" },
  { name: "blsMultiplySecretG2", args: ["bytes", "bytes"], result: "bytes" },
  { name: "blsMapToG1", args: ["bytes"], result: "bytes" },
  { name: "blsPairing", args: ["bytes", "bytes"], result: "bytes" },
  { name: "blsPairingProductIsOne", args: ["bytes", "bytes"], result: "truth" },
];
/** `RealmState` of `@pha/runtime`. */
const STATE: readonly HostFunction[] = [
  { name: "get", args: ["bytes"], result: "optional" },
  { name: "put", args: ["bytes", "bytes"], result: "none" },
  { name: "remove", args: ["bytes"], result: "none" },
  { name: "begin", args: [], result: "none" },
  { name: "commit", args: [], result: "none" },
  { name: "rollback", args: [], result: "none" },
  { name: "clearPrefix", args: ["bytes"], result: "none" },
  { name: "nextKey", args: ["bytes"], result: "optional" },
  { name: "verify", args: ["bytes", "bytes", "bytes"], result: "truth" },
  { name: "startTransition", args: ["bytes"], result: "optional" },
];

/** What the realm builds its functions from: positions are the numbers of the calls, from 1. */
export const HOST_TABLE = { primitives: PRIMITIVES, state: STATE };
const FUNCTIONS: readonly HostFunction[] = [...PRIMITIVES, ...STATE];

export interface HostServices {
  readonly verify: (signature: MultiSignature, payload: Uint8Array, signer: Uint8Array) => boolean;
  readonly startTransition: (script: Uint8Array) => Uint8Array | undefined;
}

/** Answers beside a length. */
const NOTHING = -1;
const FAILED = -2;
/** Number of the call that fetches an answer for which the buffer was too small. */
const AGAIN = 0;

export class HostCalls {
  readonly #services: HostServices;
  #overlay: Overlay | undefined;
  #waiting: Uint8Array | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(services: HostServices) {
    this.#services = services;
  }

  /** Runs with the realm's state calls going to `overlay`. @throws what a host function threw meanwhile */
  on<T>(overlay: Overlay, run: () => T): T {
    const before = this.#overlay;
    this.#overlay = overlay;
    const done = attempt(run);
    this.#overlay = before;
    const failure = this.#failure;
    this.#failure = undefined;
    // A fault of the node is no verdict of the runtime.
    if (failure) throw failure.error;
    if (!done.ok) throw done.error;
    return done.value;
  }

  /**
   * The one function that a realm is given; it never throws.
   *
   * @param buffer holds the arguments, each behind its length (u32), and takes the answer
   * @returns length of the answer; when that is more than fits, the answer waits for call `AGAIN`
   */
  readonly call = (id: number, buffer: Uint8Array, length: number): number => {
    try {
      const answer = id === AGAIN ? this.#waiting : this.#run(id, buffer, length);
      this.#waiting = undefined;
      if (answer === undefined) return NOTHING;
      if (answer.length > buffer.length) this.#waiting = answer;
      else buffer.set(answer);
      return answer.length;
    } catch (error) {
      this.#failure ??= { error };
      return FAILED;
    }
  };

  #run(id: number, buffer: Uint8Array, length: number): Uint8Array | undefined {
    const found = FUNCTIONS[id - 1];
    assert(found, "the realm calls a function of the table");
    const args = argumentsOf(buffer, length);
    assert(args.length === found.args.length, "the realm gives every argument");
    const values = args.map((bytes, index) => {
      switch (found.args[index]) {
        case "number":
          return viewOf(bytes).getUint32(0, true);
        case "wide":
          return viewOf(bytes).getBigUint64(0, true);
        default:
          return bytes;
      }
    });
    return encoded(this.#invoke(found.name, values));
  }

  #invoke(name: string, values: readonly unknown[]): unknown {
    const own = this.#state()[name];
    // State functions take bytes only, as the table says.
    if (own) return own(values as readonly Uint8Array[]);
    const primitive: unknown = Reflect.get(primitives, name);
    assert(typeof primitive === "function", "the table names primitives that there are");
    // The table says of what kinds the arguments are.
    return (primitive as (...args: readonly unknown[]) => unknown)(...values);
  }

  #state(): Readonly<Record<string, ((args: readonly Uint8Array[]) => unknown) | undefined>> {
    const overlay = this.#overlay;
    const { verify, startTransition } = this.#services;
    const none = new Uint8Array(0);
    return {
      startTransition: ([script = none]) => startTransition(script),
      verify: ([signature = none, payload = none, signer = none]) => {
        const decoded = decode(MultiSignature, signature);
        return decoded.ok && verify(decoded.value, payload, signer);
      },
      ...(overlay && {
        get: ([key = none]) => overlay.get(key),
        put: ([key = none, value = none]) => overlay.put(key, value),
        remove: ([key = none]) => overlay.put(key, undefined),
        begin: () => overlay.begin(),
        commit: () => overlay.commit(),
        rollback: () => overlay.rollback(),
        clearPrefix: ([key = none]) => void overlay.clearPrefix(key),
        nextKey: ([key = none]) => overlay.nextKey(key),
      }),
    };
  }
}

/** What came of it, thrown or returned. */
function attempt<T>(run: () => T): Result<T, unknown> {
  try {
    return ok(run());
  } catch (error) {
    return fail(error);
  }
}

/** Copies: the buffer is written again by the next call. */
function argumentsOf(buffer: Uint8Array, length: number): readonly Uint8Array[] {
  const all = Uint8Array.from(buffer.subarray(0, length));
  const view = viewOf(all);
  const args: Uint8Array[] = [];
  for (let at = 0; at < length; ) {
    const size = view.getUint32(at, true);
    args.push(all.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return args;
}

const TRUE = Uint8Array.of(1);
const FALSE = Uint8Array.of(0);

function encoded(value: unknown): Uint8Array | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "boolean") return value ? TRUE : FALSE;
  if (typeof value === "bigint") {
    const bytes = new Uint8Array(8);
    viewOf(bytes).setBigUint64(0, value, true);
    return bytes;
  }
  assert(value instanceof Uint8Array, "host functions give bytes, numbers and truths");
  return value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
