/** Answers of runtime APIs by entry point, as `state_call` asks. */
import {
  AssertionError,
  type DecodeError,
  decode,
  encode,
  fail,
  ok,
  type Result,
  struct,
} from "@pha/scale";
import { DispatchFailure } from "../dispatch/dispatch-error.ts";
import type { HasEnv } from "../pallet/env.ts";
import type { RuntimeApi, RuntimeApiTable } from "./api.ts";
import type { BlockEnv } from "./env.ts";
import type { RuntimeTables } from "./tables.ts";

export type RuntimeApiError =
  | { readonly code: "runtime/unknown-api"; readonly entryPoint: string }
  | { readonly code: "runtime/bad-arguments"; readonly cause: DecodeError }
  /** What was asked cannot be, such as a block that does not execute; changes of the overlay are to be dropped. */
  | { readonly code: "runtime/trapped"; readonly reason: string };

/** Entry point (`Core_version`) → encoded arguments → encoded answer. */
export type ApiEntryPoints = ReadonlyMap<string, EntryPoint>;
type EntryPoint = (env: BlockEnv, args: Uint8Array) => Result<Uint8Array, RuntimeApiError>;

export function apiEntryPoints(
  tables: RuntimeTables,
  core: RuntimeApiTable<HasEnv>,
): ApiEntryPoints {
  const entryPoints = new Map<string, EntryPoint>();
  addApis(entryPoints, core, (env) => ({ env }));
  for (const entry of tables.pallets)
    addApis(entryPoints, entry.implementation.runtimeApis ?? {}, (env) => env.contextOf(entry));
  return entryPoints;
}

function addApis<X>(
  entryPoints: Map<string, EntryPoint>,
  apis: Readonly<Record<string, RuntimeApi<X>>>,
  contextOf: (env: BlockEnv) => X,
): void {
  for (const [name, api] of Object.entries(apis))
    for (const [method, { inputs, output, answer }] of Object.entries(api.methods)) {
      const codec = struct(inputs);
      entryPoints.set(`${name}_${method}`, (env, args) => {
        const decoded = decode(codec, args);
        if (!decoded.ok) return fail({ code: "runtime/bad-arguments", cause: decoded.error });
        try {
          return ok(encode(output, answer(contextOf(env), decoded.value)));
        } catch (error) {
          // Anybody asks anything of any state here; what is a trap in Wasm ends the question, not the process.
          if (error instanceof AssertionError)
            return fail({ code: "runtime/trapped", reason: error.message });
          if (error instanceof DispatchFailure)
            return fail({ code: "runtime/trapped", reason: error.error.type });
          throw error;
        }
      });
    }
}
