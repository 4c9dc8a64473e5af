/**
 * The half for a runtime that a node loads from state: its primitives are calls to the node.
 *
 * `phaHost` is the parameter of the function that the bundle is wrapped in; see `transition-module.ts` of the node.
 */
import type { Backend } from "./backend.types.ts";

declare const phaHost: { readonly backend: Backend };

export const { backend } = phaHost;
