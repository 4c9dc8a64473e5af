/** Authorship: notes the author of each block, who earns points for it. */
import { type AccountId, accountId, configOf, definePallet, type HasEnv, value } from "@pha/frame";

export interface AuthorshipConfig {
  readonly author: (ctx: HasEnv) => AccountId | undefined;
  /** Told of the author of every block. */
  readonly onAuthor: (ctx: HasEnv, author: AccountId) => void;
}

const declaration = definePallet("Authorship", {
  docs: "The author of the present block.",
  config: configOf<AuthorshipConfig>(),
  storage: {
    Author: value(accountId, { docs: "Author of the present block; removed at its end." }),
  },
});

export const Authorship = declaration.implement(() => ({
  calls: {},
  hooks: {
    onInitialize: (ctx) => {
      const author = ctx.config.author(ctx);
      if (author === undefined) return;
      ctx.storage.Author.put(author);
      ctx.config.onAuthor(ctx, author);
    },
    onFinalize: (ctx) => ctx.storage.Author.kill(),
  },
}));
