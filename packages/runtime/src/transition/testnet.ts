/** Entry of the bundle of the public test network. */
import { PUBLIC } from "../parameters.ts";
import { createPublicRuntime } from "../runtime.ts";
import { transitionModule } from "./transition.ts";

export const { createRuntime, serve } = transitionModule((settings) =>
  createPublicRuntime(PUBLIC, settings),
);
