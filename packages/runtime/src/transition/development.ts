/** Entry of the bundle of the development chain. */
import { DEVELOPMENT } from "../parameters.ts";
import { createDevelopmentRuntime } from "../runtime.ts";
import { transitionModule } from "./transition.ts";

export const { createRuntime, serve } = transitionModule((settings) =>
  createDevelopmentRuntime(DEVELOPMENT, settings),
);
