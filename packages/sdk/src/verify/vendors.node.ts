/** The half for Node: in the program from the start, because a program is one file. */
import * as verifiers from "./vendor-verifiers.ts";

export const loadVendors = async (): Promise<typeof verifiers> => verifiers;
