/** Entry points whose answers are constants, and pieces of state as they are stored, one after the other. */
import { assert } from "@pha/scale";
import {
  type Code,
  choose,
  i32,
  i64,
  seq,
  unreachable,
  type Variable,
  when,
} from "../wasm-code.ts";
import type { ModuleBuilder, Span } from "../wasm-module.ts";
import {
  type HostFunctions,
  spanCode,
  spanConst,
  spanLength,
  spanPointer,
} from "./host-functions.ts";
import type { Memory } from "./memory.ts";

export type AnswerPart =
  | { readonly type: "constant"; readonly bytes: Uint8Array }
  /** Constant bytes that lie in the module already. */
  | { readonly type: "placed"; readonly span: Span }
  | {
      readonly type: "stored";
      readonly key: Uint8Array;
      /** Answered when nothing is stored; absent: the view traps, as the runtime does. */
      readonly fallback?: Uint8Array;
      /** Part of the value. */
      readonly slice?: readonly [from: number, to: number];
    };

/** Adds an entry point without arguments. */
export function addStoredAnswer(
  module: ModuleBuilder,
  host: HostFunctions,
  memory: Memory,
  name: string,
  parts: readonly AnswerPart[],
): void {
  assert(parts.length > 0, "an answer has parts");
  const locals = Object.fromEntries([
    ["start", "i32" as const],
    ["at", "i32" as const],
    ...parts.map((_, index) => [`part${index}`, "i64" as const] as const),
  ]);
  module.entry(
    name,
    ({ length, local }) => {
      const variables = parts.map((_, index) => local(`part${index}`));
      const reads = parts.map((part, index) => {
        const variable = variables[index];
        assert(variable, "every part has a local");
        return readPart(module, memory, part, variable);
      });
      const [only] = variables;
      assert(only, "an answer has parts");
      return seq(
        // No arguments: anything else is malformed.
        when(length, unreachable),
        ...reads,
        parts.length === 1
          ? only.get
          : joined(host, memory, variables, local("start"), local("at")),
      );
    },
    locals,
  );
}

function readPart(module: ModuleBuilder, memory: Memory, part: AnswerPart, into: Variable): Code {
  if (part.type === "placed") return into.set(spanConst(part.span));
  if (part.type === "constant") return into.set(spanConst(module.constant(part.bytes)));
  const { fallback, slice } = part;
  const absent = fallback ? into.set(spanConst(module.constant(fallback))) : unreachable;
  return seq(
    into.set(memory.stored(spanConst(module.constant(part.key)))),
    when(i64.isZero(into.get), absent),
    slice
      ? into.set(
          spanCode(
            i32.add(spanPointer(into.get), i32.const(slice[0])),
            i32.const(slice[1] - slice[0]),
          ),
        )
      : [],
  );
}

/** Expression: one span with all of them, in memory of the host's allocator. */
function joined(
  host: HostFunctions,
  memory: Memory,
  parts: readonly Variable[],
  start: Variable,
  at: Variable,
): Code {
  const total = parts.reduce<Code>((sum, part) => i32.add(sum, spanLength(part.get)), i32.const(0));
  return seq(
    start.set(host.malloc(total)),
    at.set(start.get),
    ...parts.map((part) =>
      seq(
        memory.copy(at.get, spanPointer(part.get), spanLength(part.get)),
        at.set(i32.add(at.get, spanLength(part.get))),
      ),
    ),
    spanCode(start.get, i32.sub(at.get, start.get)),
  );
}

/** Adds an entry point that gives what a number names, or none; the answers are options already. */
export function addByVersion(
  module: ModuleBuilder,
  name: string,
  answers: readonly (readonly [version: number, answer: Span])[],
): void {
  const none = spanConst(module.constant(Uint8Array.of(0)));
  module.entry(name, ({ pointer, length }) =>
    seq(
      when(i32.ne(length, i32.const(4)), unreachable),
      answers.reduceRight<Code>(
        (otherwise, [version, answer]) =>
          choose(
            "i64",
            i32.eq(i32.load(pointer), i32.const(version)),
            spanConst(answer),
            otherwise,
          ),
        none,
      ),
    ),
  );
}
