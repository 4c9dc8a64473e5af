export { RULED_CALLS, runtimeCode, type ViewedRuntime } from "./code.ts";
