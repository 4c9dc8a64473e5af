import { bytes, concatBytes, encode, str, struct, u8, u32 } from "@pha/scale";
import { expect, test } from "vitest";
import { ContractFailure } from "./failure.ts";
import { MAX_KEY_BYTES, MAX_REPLY_BYTES, MAX_VALUE_BYTES } from "./host.ts";
import { defineContract, publicValue, secretMap, secretSet, secretValue } from "./index.ts";
import { createRunner } from "./run-call.ts";
import { createMemoryHost } from "./testing/memory-host.ts";

const ACCOUNT = new Uint8Array(32).fill(1);
const NOTHING = new Uint8Array(0);

const Limits = defineContract("limits", {
  docs: "Goes to every limit and one further.",
  state: {
    byName: secretMap(bytes, u8, "By name."),
    names: secretSet(bytes, "Names."),
    note: secretValue(str, "", "Immutable: written when the call ends."),
    blob: publicValue(bytes, NOTHING, "Mutable: written at once."),
  },
  disclosures: { declared: "Why." },
}).implement(({ command, query }) => ({
  name: command({ docs: "A map's key.", args: { length: u32 } }, ({ state }, { length }) =>
    state.byName.put(new Uint8Array(length), 1),
  ),
  list: command({ docs: "A set's key.", args: { length: u32 } }, ({ state }, { length }) => {
    state.names.add(new Uint8Array(length));
  }),
  note: command({ docs: "A text.", args: { length: u32 } }, ({ state }, { length }) =>
    state.note.put("x".repeat(length)),
  ),
  blob: command({ docs: "Bytes.", args: { length: u32 } }, ({ state }, { length }) =>
    state.blob.put(new Uint8Array(length)),
  ),
  reply: query(
    { docs: "A reply.", args: { length: u32 }, returns: bytes },
    (_, { length }) => new Uint8Array(length),
  ),
  disclose: command({ docs: "Discloses.", args: {} }, (ctx) => {
    // A program that no compiler checked.
    ctx.disclose(ctx.state.note.get(), "other" as "declared");
  }),
}));

type Kind = "instantiate" | "command" | "query";

/** Code with which the call fails; the keys that are stored when it does not. */
function outcome(kind: Kind, entry: string | undefined, args: Uint8Array): string | number {
  const host = createMemoryHost();
  const caller = { caller: ACCOUNT, owner: ACCOUNT, callerIsOwner: true };
  const runner = createRunner(Limits, host, {
    block: { number: 1, timestampMs: 0n },
    ...caller,
  });
  host.begin(kind);
  try {
    runner.run(kind, entry, args);
  } catch (error) {
    if (error instanceof ContractFailure) return error.code;
    throw error;
  }
  host.commit();
  return host.entries().length;
}

const length = (value: number) => encode(struct({ length: u32 }), { length: value });
/** A length prefix of that many bytes stands before names and texts of this length. */
const PREFIX = { key: 2, value: 4 };

test.each<readonly [kind: Kind, entry: string | undefined, args: Uint8Array, code: string]>([
  ["command", undefined, NOTHING, "contract/no-such-entry"],
  ["command", "nothing", NOTHING, "contract/no-such-entry"],
  ["command", "reply", length(1), "contract/no-such-entry"],
  ["query", "blob", length(1), "contract/no-such-entry"],
  ["command", "blob", NOTHING, "contract/bad-arguments"],
  ["command", "blob", concatBytes(length(1), length(1)), "contract/bad-arguments"],
  ["command", "disclose", length(1), "contract/bad-arguments"],
  ["instantiate", undefined, length(1), "contract/bad-arguments"],
  ["command", "name", length(MAX_KEY_BYTES - PREFIX.key), "contract/key-too-long"],
  ["command", "list", length(MAX_KEY_BYTES - PREFIX.key), "contract/key-too-long"],
  ["command", "note", length(MAX_VALUE_BYTES - PREFIX.value + 1), "contract/value-too-long"],
  ["command", "blob", length(MAX_VALUE_BYTES - PREFIX.value + 1), "contract/value-too-long"],
  ["query", "reply", length(MAX_REPLY_BYTES - PREFIX.value + 1), "contract/reply-too-long"],
  ["command", "disclose", NOTHING, "contract/undeclared-disclosure"],
])("%s %s is refused: %#", (kind, entry, args, code) => {
  expect(outcome(kind, entry, args)).toBe(code);
});

test.each<readonly [kind: Kind, entry: string | undefined, args: Uint8Array, stored: number]>([
  ["instantiate", undefined, NOTHING, 0],
  ["command", "name", length(MAX_KEY_BYTES - PREFIX.key - 1), 1],
  ["command", "list", length(MAX_KEY_BYTES - PREFIX.key - 1), 1],
  ["command", "note", length(MAX_VALUE_BYTES - PREFIX.value), 1],
  ["command", "blob", length(MAX_VALUE_BYTES - PREFIX.value), 1],
  ["query", "reply", length(MAX_REPLY_BYTES - PREFIX.value), 0],
])("%s %s at the limit is served: %#", (kind, entry, args, stored) => {
  expect(outcome(kind, entry, args)).toBe(stored);
});
