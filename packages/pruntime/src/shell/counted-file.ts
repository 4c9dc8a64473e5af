/**
 * A sealed store that does not come back as it was: it carries a number, and the platform counts how often it was written.
 *
 * ```
 * write n + 1 ─► count to n + 1 ─► act            a start takes n, and n + 1 that was not counted yet
 * ```
 * What was not counted was not acted upon, so taking it or the one before is the same to everybody else. Every start counts
 * once before anything is done: what a former process wrote and did not count is void from then on.
 *
 * This stands beside the protocol's own rules, by which an older store yields a boot that the chain does not serve: they hold
 * on every platform. **Trust**: the disk is the host's. **Not here**: two processes that use one store at once; one of them
 * finds another count than its own and ends.
 */
import { type CodecType, decode, encode, PhaError, struct, u32, u64 } from "@pha/scale";
import type { RollbackCounters } from "../providers/index.ts";
import { openSealedFile, type SealedFile } from "./sealed-file.ts";

const Place = struct({ index: u32, count: u64 });
type Place = CodecType<typeof Place>;
const PLACE_BYTES = 12;
/** No store without a number is taken where there are counters. */
const DOMAIN = "pha/v1/sealed-store/counted";

export function openCountedFile(
  path: string,
  key: Uint8Array,
  counters: RollbackCounters,
): SealedFile {
  const file = openSealedFile(path, key, DOMAIN);
  let place: Place | undefined;

  async function put({ index, count }: Place, content: Uint8Array): Promise<void> {
    const next = { index, count: count + 1n };
    const bytes = new Uint8Array(PLACE_BYTES + content.length);
    bytes.set(encode(Place, next));
    bytes.set(content, PLACE_BYTES);
    await file.write(bytes);
    await countTo(next);
    place = next;
  }

  async function countTo({ index, count }: Place): Promise<void> {
    const counted = await counters.increment(index);
    if (counted !== count)
      throw new PhaError(
        "sealed-store/counted-elsewhere",
        "another program counts for this store",
        {
          facts: { expected: count.toString(), counted: counted.toString() },
          hint: "Run one pRuntime with a sealed store, and let nothing else write to the platform's counter.",
        },
      );
  }

  return {
    async read() {
      const bytes = await file.read();
      if (bytes === undefined) return undefined;
      const found = decode(Place, bytes.slice(0, PLACE_BYTES));
      if (!found.ok)
        throw new PhaError("sealed-store/malformed", "the sealed store has no number", {
          hint: "Move it away to start with a new identity; state is restored from the chain.",
        });
      const content = bytes.slice(PLACE_BYTES);
      const { index, count } = found.value;
      const counted = await countOf(counters, index);
      if (count === counted + 1n) await countTo(found.value);
      else if (count !== counted)
        throw new PhaError("sealed-store/rolled-back", "the sealed store is not the newest one", {
          facts: { store: count.toString(), counter: counted.toString() },
          hint: "Put the newest one back if you replaced it; else move it away to start with a new identity.",
        });
      await put(found.value, content);
      return content;
    },
    async write(content) {
      if (place === undefined) {
        const index = await counters.create();
        place = { index, count: await counters.read(index) };
      }
      await put(place, content);
    },
  };
}

async function countOf(counters: RollbackCounters, index: number): Promise<bigint> {
  try {
    return await counters.read(index);
  } catch (cause) {
    const isGone = cause instanceof PhaError && cause.code === "provider/tpm-refused";
    if (!isGone) throw cause;
    throw new PhaError("sealed-store/no-counter", "the platform has no counter for this store", {
      facts: { index },
      hint: "The store is of another machine, or the TPM was cleared: move it away to start with a new identity.",
      cause,
    });
  }
}
