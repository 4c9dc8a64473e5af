/** Entry of a bundle for tests: `next-runtime.ts` with the parameters of the local network. */
import { LOCAL, transitionModule } from "@pha/runtime";
import { createNextRuntime } from "./next-runtime.ts";

export const { createRuntime, serve } = transitionModule((settings) =>
  createNextRuntime(settings, LOCAL),
);
