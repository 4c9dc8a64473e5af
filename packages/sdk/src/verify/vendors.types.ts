/** What both halves have. */
import type * as Verifiers from "./vendor-verifiers.ts";

export declare const loadVendors: () => Promise<typeof Verifiers>;
