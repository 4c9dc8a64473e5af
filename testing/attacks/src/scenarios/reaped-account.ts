/** An account is emptied, removed, and funded again; somebody sends what it signed in its former life once more. */
import { PHA, System } from "@pha/runtime";
import { startPhaChain } from "@pha/runtime/testing";
import type { Attack } from "../attack.ts";

const VICTIM = "//Victim";

export const attack: Attack = {
  name: "transactions of a reaped account sent again",
  rule: "a new account starts its nonce at the block number (protocol §4)",
  weaknesses: [
    {
      file: "packages/runtime/src/system/accounts.ts",
      text: "const nonce = exists(info) ? info.nonce : system.block.number;",
      instead: "const nonce = exists(info) ? info.nonce : 0;",
    },
  ],
  attempt() {
    const chain = startPhaChain();
    chain.block();
    const { transfer_allow_death, transfer_all } = chain.runtime.tx.Balances;
    const fund = () => {
      const dest = { type: "Id", value: chain.account(VICTIM) } as const;
      chain.send(transfer_allow_death({ dest, value: 10n * PHA }), "//Alice");
    };
    const account = () =>
      chain.runtime.env(chain.overlay).of(System).storage.Account.get(chain.account(VICTIM));
    fund();
    const dest = { type: "Id", value: chain.account("//Bob") } as const;
    const payment = chain.sign(VICTIM, transfer_all({ dest, keepAlive: false }));
    chain.block([payment]);
    if (account().data.free !== 0n) throw new Error("the account is gone");
    fund();
    chain.block([payment]);
    return account().data.free === 0n
      ? { succeeded: true, says: "the payment of its former life emptied it once more" }
      : { succeeded: false, says: "the old signature's nonce is one of the past" };
  },
};
