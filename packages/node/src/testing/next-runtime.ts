/** Entry of a bundle for tests: the development runtime, one version on, with a pallet that was not there before. */
import { accountId, at, definePallet, event, map, signed, twox64Concat, weight } from "@pha/frame";
import {
  type ChainParameters,
  composeRuntime,
  DEVELOPMENT,
  developmentPallets,
  type RuntimeSettings,
  transitionModule,
  VERSION,
} from "@pha/runtime";
import { boundedBytes } from "@pha/scale";

const Greetings = definePallet("Greetings", {
  docs: "What accounts say on arrival.",
  storage: {
    Said: map(twox64Concat, accountId, boundedBytes(64), { docs: "Newest greeting by account." }),
  },
  events: { Greeted: event(0, { who: accountId }, "An account said hello.") },
}).implement(({ call }) => ({
  calls: {
    greet: call(
      0,
      {
        docs: "Says hello.",
        origin: signed,
        args: { words: boundedBytes(64) },
        weight: {
          base: weight(20_000_000n, 100n),
          each: { argument: "words", weight: weight(1_000n, 0n) },
        },
      },
      (ctx, { words }) => {
        ctx.storage.Said.put(ctx.caller, words);
        ctx.emit.Greeted({ who: ctx.caller });
      },
    ),
  },
}));

export function createNextRuntime(
  settings: RuntimeSettings,
  parameters: ChainParameters = DEVELOPMENT,
) {
  return composeRuntime(
    { ...VERSION, specVersion: VERSION.specVersion + 1 },
    [...developmentPallets(parameters, settings), at(200, Greetings)],
    settings,
  );
}

export const { createRuntime, serve } = transitionModule((settings) => createNextRuntime(settings));
