/** Events of a block, read back from `System.Events`. */
import {
  type Codec,
  DecodeFailure,
  fixedBytes,
  type Reader,
  u32,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import type { RuntimeTables } from "./tables.ts";

const phase = variants(
  {
    ApplyExtrinsic: variant(0, u32),
    Finalization: variant(1, unit),
    Initialization: variant(2, unit),
  },
  { path: ["frame_system", "Phase"] },
);
const topics = vec(fixedBytes(32));

export interface RuntimeEvent {
  readonly pallet: string;
  readonly name: string;
  /** By the names of the declaration. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface EventRecord {
  /** Index of the extrinsic, or the block's hooks. */
  readonly phase: number | "initialization" | "finalization";
  readonly event: RuntimeEvent;
  readonly topics: readonly Uint8Array[];
}

/** `Vec<EventRecord>` of a runtime, for reading. */
export interface EventReader {
  read(reader: Reader): readonly EventRecord[];
}

export function eventReader(tables: RuntimeTables): EventReader {
  const byIndex: (readonly ({ name: string; codec: Codec<object> } | undefined)[] | undefined)[] =
    [];
  for (const { index, pallet } of tables.pallets) {
    const events: { name: string; codec: Codec<object> }[] = [];
    for (const [name, event] of Object.entries(pallet.events))
      events[event.index] = { name, codec: event.codec };
    byIndex[index] = events;
  }
  const readRecord = (reader: Reader): EventRecord => {
    const at = phase.read(reader);
    const pallet = reader.u8();
    const found = byIndex[pallet]?.[reader.u8()];
    const entry = tables.byIndex[pallet];
    if (!found || !entry) throw new DecodeFailure("unknown-variant");
    const fields = found.codec.read(reader);
    return {
      phase:
        at.type === "ApplyExtrinsic"
          ? at.value
          : at.type === "Finalization"
            ? "finalization"
            : "initialization",
      event: { pallet: entry.pallet.name, name: found.name, fields: { ...fields } },
      topics: topics.read(reader),
    };
  };
  return {
    read(reader) {
      const count = reader.count(4);
      const records: EventRecord[] = [];
      for (let i = 0; i < count; i++) records.push(readRecord(reader));
      return records;
    },
  };
}
