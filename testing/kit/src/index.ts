export { seeded, validBytes } from "./decoders/valid-bytes.ts";
export { runVectors, type Totals } from "./vectors/run-vectors.ts";
export type { VectorCase, VectorLoader } from "./vectors/vector-case.ts";
export { bundleForWeb, type WebBundle, type WebEntry } from "./web/bundle-for-web.ts";
export { cryptoVectorFiles } from "./web/crypto-vector-files.ts";
export { evidenceVectorFiles } from "./web/evidence-vector-files.ts";
export { type CodeBlock, codeBlocks, documents, printedLines } from "./workspace/markdown.ts";
