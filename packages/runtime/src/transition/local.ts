/** Entry of the bundle of the local network. */
import { LOCAL } from "../parameters.ts";
import { createDevelopmentRuntime } from "../runtime.ts";
import { transitionModule } from "./transition.ts";

export const { createRuntime, serve } = transitionModule((settings) =>
  createDevelopmentRuntime(LOCAL, settings),
);
