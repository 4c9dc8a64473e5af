/** Just enough protobuf to open a recorded sync response: length-delimited fields. */
import assert from "node:assert/strict";

export interface SyncBlock {
  readonly hash: Uint8Array;
  readonly header: Uint8Array;
  readonly body: readonly Uint8Array[];
}

interface Field {
  readonly number: number;
  readonly data: Uint8Array;
}

/** `BlockResponse { repeated BlockData blocks = 1 }`, `BlockData { hash = 1, header = 2, repeated body = 3 }`. */
export function blocksOf(message: Uint8Array): readonly SyncBlock[] {
  return fieldsOf(message)
    .filter(({ number }) => number === 1)
    .map(({ data }) => {
      const fields = fieldsOf(data);
      const all = (wanted: number) =>
        fields.filter(({ number }) => number === wanted).map((field) => field.data);
      const [hash] = all(1);
      const [header] = all(2);
      assert(hash && header, "a block has hash and header");
      return { hash, header, body: all(3) };
    });
}

function fieldsOf(message: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      assert(byte !== undefined, "the message is complete");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag % 8;
    assert(kind === 0 || kind === 2, "fields are numbers or bytes");
    const value = varint();
    if (kind === 0) continue;
    fields.push({ number: Math.floor(tag / 8), data: message.subarray(at, at + value) });
    at += value;
  }
  assert.equal(at, message.length, "the message is complete");
  return fields;
}
