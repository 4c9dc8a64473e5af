/**
 * Counters of a TPM that only move on, for sealed stores that must not come back as they were: an NV index each, of the type
 * that the TPM itself counts.
 *
 * **Trust**: whoever reaches the TPM may count, remove or replace an index: then the store is refused, and never an older one
 * taken, because a counter that is made anew begins above every one that the TPM ever had. What an index is, the TPM tells
 * (`NV_ReadPublic`), and it is looked at before each use.
 *
 * @see TPM 2.0 Part 2 §13.4, Part 3 §31
 */
import { randomBytes } from "node:crypto";
import { PhaError } from "@pha/scale";
import { type DeviceFiles, patiently } from "./device-files.ts";
import type { RollbackCounters } from "./evidence-provider.ts";
import {
  ALGORITHM,
  COMMAND,
  HANDLE,
  join,
  send,
  sized,
  type TpmTransport,
  u16,
  u32,
} from "./tpm-commands.ts";

/** Indexes that the owner of a machine gives away. */
const FIRST_INDEX = 0x01a0_0000;
const INDEXES = 0x10_0000;
const TRIES = 8;
const COUNT_BYTES = 8;
const NONE = new Uint8Array(0);

const ATTRIBUTE = {
  authWrite: 1 << 2,
  counter: 1 << 4,
  authRead: 1 << 18,
  noDictionaryAttack: 1 << 25,
  written: 1 << 29,
} as const;
/** Nothing else: not one that is lost with the power, that may be written, or that somebody else's policy rules. */
const ATTRIBUTES =
  ATTRIBUTE.authWrite | ATTRIBUTE.counter | ATTRIBUTE.authRead | ATTRIBUTE.noDictionaryAttack;
const DEFINED_ALREADY = 0x14c;

export function tpmCounters(
  tpm: TpmTransport,
  files: Pick<DeviceFiles, "pause">,
): RollbackCounters {
  const ask = (command: Parameters<typeof send>[1]) => patiently(files, () => send(tpm, command));

  async function checked(index: number): Promise<void> {
    const answer = await ask({ code: COMMAND.nvReadPublic, handles: [index] });
    const expected = join(
      u32(index),
      u16(ALGORITHM.sha256),
      u32(ATTRIBUTES | ATTRIBUTE.written),
      sized(NONE),
      u16(COUNT_BYTES),
    );
    if (Buffer.compare(answer.sized(), expected) !== 0)
      throw new PhaError("provider/tpm-no-counter", "an index of the TPM is no counter of ours", {
        facts: { index },
        hint: "Something replaced it. Move the sealed store away to start with a new identity; state is restored from the chain.",
      });
  }

  async function count(index: number): Promise<bigint> {
    const answer = await ask({
      code: COMMAND.nvRead,
      handles: [index, index],
      sessions: [HANDLE.password],
      parameters: join(u16(COUNT_BYTES), u16(0)),
    });
    const bytes = answer.sized();
    if (bytes.length !== COUNT_BYTES)
      throw new PhaError("provider/tpm-malformed", "the TPM's count has another length", {
        facts: { bytes: bytes.length },
        hint: "Check that the device is a TPM 2.0 and that no other program writes to it.",
      });
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  }

  async function increment(index: number): Promise<bigint> {
    await ask({
      code: COMMAND.nvIncrement,
      handles: [index, index],
      sessions: [HANDLE.password],
    });
    return count(index);
  }

  async function define(index: number): Promise<boolean> {
    const info = join(
      u32(index),
      u16(ALGORITHM.sha256),
      u32(ATTRIBUTES),
      sized(NONE),
      u16(COUNT_BYTES),
    );
    try {
      await ask({
        code: COMMAND.nvDefineSpace,
        handles: [HANDLE.owner],
        sessions: [HANDLE.password],
        parameters: join(sized(NONE), sized(info)),
      });
      return true;
    } catch (error) {
      if (error instanceof PhaError && error.facts["code"] === DEFINED_ALREADY) return false;
      throw error;
    }
  }

  return {
    async create() {
      for (let tried = 0; tried < TRIES; tried++) {
        const index = FIRST_INDEX + (randomBytes(4).readUInt32BE(0) % INDEXES);
        if (!(await define(index))) continue;
        // It has no value before it counted once.
        await increment(index);
        return index;
      }
      throw new PhaError("provider/tpm-no-index", "the TPM has no free index for a counter", {
        facts: { tries: TRIES },
        hint: "Remove counters of former sealed stores with tpm2_nvundefine; tpm2_nvreadpublic lists them.",
      });
    },
    async read(index) {
      await checked(index);
      return count(index);
    },
    async increment(index) {
      await checked(index);
      return increment(index);
    },
  };
}
