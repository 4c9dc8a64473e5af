/** The half for browsers: a part that is loaded when evidence of a vendor is there. */
import type * as Verifiers from "./vendor-verifiers.ts";

export const loadVendors = (): Promise<typeof Verifiers> => import("./vendor-verifiers.ts");
