/**
 * `sync/2`, the answer: blocks in the order asked for, as much of each as was asked for.
 *
 * @see polkadot-spec "Block response"
 */
import {
  type BlockData,
  type BlockJustification,
  GRANDPA_ENGINE,
  MAX_BLOCKS_PER_RESPONSE,
} from "@pha/consensus";
import {
  type Codec,
  decode,
  encode,
  fail,
  fixedBytes,
  mapCodec,
  ok,
  type Result,
  bytes as scaleBytes,
  tuple,
  vec,
} from "@pha/scale";
import {
  boolean,
  byteString,
  decodeMessage,
  defaulted,
  encodeMessage,
  fixedByteString,
  message,
  optional,
  repeated,
} from "./protobuf.ts";
import type { WireError } from "./wire-error.ts";

/** Extrinsics of a block. */
const MAX_BODY_ITEMS = 1 << 17;
const MAX_JUSTIFICATIONS = 8;

const engineId: Codec<string> = mapCodec(
  fixedBytes(4),
  (id) => String.fromCharCode(...id),
  (id) => Uint8Array.from(id, (char) => char.charCodeAt(0)),
);

/** Justifications of one block, each with its engine. */
export const BlockJustifications: Codec<readonly BlockJustification[]> = mapCodec(
  vec(tuple(engineId, scaleBytes), MAX_JUSTIFICATIONS),
  (items): readonly BlockJustification[] =>
    items.map(([engine, justification]) => ({ engine, justification })),
  (items) =>
    items.map(({ engine, justification }): [string, Uint8Array] => [engine, justification]),
);

const blockMessage = message({
  hash: optional(1, fixedByteString(32)),
  header: optional(2, byteString),
  body: repeated(3, byteString, { maxItems: MAX_BODY_ITEMS }),
  justification: optional(6, byteString),
  isEmptyJustification: defaulted(7, boolean, false),
  justifications: optional(8, byteString),
});
const responseMessage = message({
  blocks: repeated(1, blockMessage, { maxItems: MAX_BLOCKS_PER_RESPONSE }),
});

/** @param namesEngines as in the request */
export function encodeBlockResponse(
  blocks: readonly BlockData[],
  { namesEngines }: { readonly namesEngines: boolean },
): Uint8Array {
  return encodeMessage(responseMessage, {
    blocks: blocks.map(({ hash, header, body, justifications }) => {
      const grandpa = justifications.find(({ engine }) => engine === GRANDPA_ENGINE);
      const single = namesEngines ? undefined : grandpa?.justification;
      return {
        hash,
        header,
        body,
        justification: single,
        isEmptyJustification: single?.length === 0,
        justifications:
          namesEngines && justifications.length > 0
            ? encode(BlockJustifications, justifications)
            : undefined,
      };
    }),
  });
}

/** Byte strings are views of the input. */
export function decodeBlockResponse(bytes: Uint8Array): Result<readonly BlockData[], WireError> {
  const decoded = decodeMessage(responseMessage, bytes);
  if (!decoded.ok) return decoded;
  const blocks: BlockData[] = [];
  for (const block of decoded.value.blocks) {
    if (block.hash === undefined) return fail({ code: "wire/malformed", reason: "missing-field" });
    const justifications = justificationsOf(block);
    if (!justifications.ok) return justifications;
    const { hash, header, body } = block;
    blocks.push({ hash, header, body, justifications: justifications.value });
  }
  return ok(blocks);
}

interface Justified {
  readonly justification: Uint8Array | undefined;
  readonly isEmptyJustification: boolean;
  readonly justifications: Uint8Array | undefined;
}

function justificationsOf(block: Justified): Result<readonly BlockJustification[], WireError> {
  const { justification, isEmptyJustification, justifications } = block;
  if (justifications !== undefined) {
    const decoded = decode(BlockJustifications, justifications);
    return decoded.ok ? decoded : fail({ code: "wire/malformed", reason: decoded.error.reason });
  }
  if (justification !== undefined && (justification.length > 0 || isEmptyJustification))
    return ok([{ engine: GRANDPA_ENGINE, justification }]);
  return ok([]);
}
