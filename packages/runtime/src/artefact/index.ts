export { type RuntimeCode, runtimeCode } from "./code.ts";
export { emitWasm, type WasmModule } from "./wasm-module.ts";
