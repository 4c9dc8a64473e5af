/** Answers of runtime APIs by entry point, as `state_call` asks. */
import { type DecodeError, decode, encode, fail, ok, type Result, struct } from "@pha/scale";
import type { HasEnv } from "../pallet/env.ts";
import type { RuntimeApi, RuntimeApiTable } from "./api.ts";
import type { BlockEnv } from "./env.ts";
import type { RuntimeTables } from "./tables.ts";

export type RuntimeApiError =
  | { readonly code: "runtime/unknown-api"; readonly entryPoint: string }
  | { readonly code: "runtime/bad-arguments"; readonly cause: DecodeError };

/** Entry point (`Core_version`) → encoded arguments → encoded answer. */
export type ApiEntryPoints = ReadonlyMap<
  string,
  (env: BlockEnv, args: Uint8Array) => Result<Uint8Array, RuntimeApiError>
>;

export function apiEntryPoints(
  tables: RuntimeTables,
  core: RuntimeApiTable<HasEnv>,
): ApiEntryPoints {
  const entryPoints = new Map<
    string,
    (env: BlockEnv, args: Uint8Array) => Result<Uint8Array, RuntimeApiError>
  >();
  addApis(entryPoints, core, (env) => ({ env }));
  for (const entry of tables.pallets)
    addApis(entryPoints, entry.implementation.runtimeApis ?? {}, (env) => env.contextOf(entry));
  return entryPoints;
}

function addApis<X>(
  entryPoints: Map<
    string,
    (env: BlockEnv, args: Uint8Array) => Result<Uint8Array, RuntimeApiError>
  >,
  apis: Readonly<Record<string, RuntimeApi<X>>>,
  contextOf: (env: BlockEnv) => X,
): void {
  for (const [name, api] of Object.entries(apis))
    for (const [method, { inputs, output, answer }] of Object.entries(api.methods)) {
      const codec = struct(inputs);
      entryPoints.set(`${name}_${method}`, (env, args) => {
        const decoded = decode(codec, args);
        if (!decoded.ok) return fail({ code: "runtime/bad-arguments", cause: decoded.error });
        return ok(encode(output, answer(contextOf(env), decoded.value)));
      });
    }
}
