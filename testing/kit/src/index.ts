export { seeded, validBytes } from "./decoders/valid-bytes.ts";
export { runVectors, type Totals } from "./vectors/run-vectors.ts";
export type { VectorCase, VectorLoader } from "./vectors/vector-case.ts";
export { type CodeBlock, codeBlocks, documents } from "./workspace/markdown.ts";
