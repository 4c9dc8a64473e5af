/** Entries of the sample contract `counter`, as an application would write them. */
import { struct, u64 } from "@pha/scale";

export const counterEntries = {
  add: { kind: "command", args: struct({ n: u64 }), returns: u64 },
  value: { kind: "query", args: struct({}), returns: u64 },
  total: { kind: "query", args: struct({}), returns: u64 },
} as const;
