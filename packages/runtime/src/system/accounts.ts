/** Accounts as other pallets reach them: nonces, balances, coming into being and going. */
import { type AccountId, type HasEnv, refuse } from "@pha/frame";
import { System } from "./pallet.ts";
import type { AccountData, AccountInfo } from "./types.ts";

/** What pallets need of accounts; config of Balances. */
export interface AccountStore {
  get(ctx: HasEnv, account: AccountId): AccountInfo;
  /**
   * Stores new balances of an account read before as `info`.
   *
   * `endowed` says whether they keep the account alive: a new account starts its nonce at the block number, so that
   * transactions of an account removed before cannot be repeated; one that is kept by nothing any more is removed.
   */
  putData(
    ctx: HasEnv,
    account: AccountId,
    info: AccountInfo,
    data: AccountData,
    endowed: boolean,
  ): void;
  putNonce(ctx: HasEnv, account: AccountId, info: AccountInfo, nonce: number): void;
  addConsumer(ctx: HasEnv, account: AccountId): void;
  removeConsumer(ctx: HasEnv, account: AccountId): void;
}

export const accounts: AccountStore = {
  get: (ctx, account) => ctx.env.of(System).storage.Account.get(account),
  putData(ctx, account, info, data, endowed) {
    const system = ctx.env.of(System);
    if (endowed) {
      if (info.providers > 0) {
        system.storage.Account.put(account, withData(info, info.nonce, data));
        return;
      }
      const nonce = exists(info) ? info.nonce : system.block.number;
      system.storage.Account.put(account, { ...info, nonce, providers: 1, data });
      if (!exists(info)) system.emit.NewAccount({ account });
      return;
    }
    if (info.providers === 0 && info.sufficients === 0) return;
    if (info.consumers > 0 && info.sufficients === 0)
      refuse({ type: "ConsumerRemaining", value: undefined });
    if (info.sufficients > 0) {
      system.storage.Account.put(account, { ...info, providers: 0, data });
      return;
    }
    system.storage.Account.remove(account);
    system.emit.KilledAccount({ account });
  },
  putNonce(ctx, account, info, nonce) {
    ctx.env.of(System).storage.Account.put(account, withData(info, nonce, info.data));
  },
  addConsumer(ctx, account) {
    const { storage } = ctx.env.of(System);
    const info = storage.Account.get(account);
    if (info.providers === 0 && info.sufficients === 0)
      refuse({ type: "NoProviders", value: undefined });
    storage.Account.put(account, { ...info, consumers: info.consumers + 1 });
  },
  removeConsumer(ctx, account) {
    const { storage } = ctx.env.of(System);
    const info = storage.Account.get(account);
    if (info.consumers > 0)
      storage.Account.put(account, { ...info, consumers: info.consumers - 1 });
  },
};

/** Field by field: every transfer does this five times, and spreading costs as much as the rest. */
function withData(
  { consumers, providers, sufficients }: AccountInfo,
  nonce: number,
  data: AccountData,
): AccountInfo {
  return { nonce, consumers, providers, sufficients, data };
}

function exists(info: AccountInfo): boolean {
  return info.providers > 0 || info.sufficients > 0;
}
