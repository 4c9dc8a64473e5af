import { describeSeeds } from "./confidential-seeds.ts";

describeSeeds("second");
