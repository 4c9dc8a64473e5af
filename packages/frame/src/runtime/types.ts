/** Types that follow from a runtime's list of pallets, for clients and tests. */
import type { Call, CallDeclaration } from "../dispatch/call.ts";
import type { Installed, PalletDeclaration, StorageAccess } from "../pallet/pallet.ts";

/** What every installed pallet is, however precisely it is known. */
export type AnyInstalled = Installed<PalletDeclaration & { instantiate(tools: never): unknown }>;

type PalletIn<I> = I extends Installed<infer P> ? P : never;
type NameIn<I> = PalletIn<I> extends { readonly name: infer N extends string } ? N : never;

/** Pallet name → pallet. */
export type PalletsIn<P extends readonly AnyInstalled[]> = {
  readonly [I in P[number] as NameIn<I>]: PalletIn<I>;
};

type CallsIn<P> = P extends { instantiate(tools: never): { readonly calls: infer Calls } }
  ? Calls
  : never;
type GenesisIn<P> = P extends {
  instantiate(tools: never): { readonly genesis?: (context: never, genesis: infer G) => void };
}
  ? G
  : undefined;

type ArgsIn<D> = D extends CallDeclaration<infer A> ? A : never;
type TxOfPallet<Calls> = {
  readonly [C in keyof Calls]: keyof ArgsIn<Calls[C]> extends never
    ? () => Call
    : (args: ArgsIn<Calls[C]>) => Call;
};

/** `tx.Balances.transfer_keep_alive({ dest, value })`: a call, checked by types. */
export type Tx<P extends readonly AnyInstalled[]> = {
  readonly [N in keyof PalletsIn<P>]: TxOfPallet<CallsIn<PalletsIn<P>[N]>>;
};

/** `storage.System.Account.get(account)`. */
export type StorageOf<P extends readonly AnyInstalled[]> = {
  readonly [N in keyof PalletsIn<P>]: PalletsIn<P>[N] extends { readonly storage: infer S }
    ? StorageAccess<S>
    : never;
};

/** Genesis of each pallet that has one. */
export type GenesisOf<P extends readonly AnyInstalled[]> = {
  readonly [N in keyof PalletsIn<P> as undefined extends GenesisIn<PalletsIn<P>[N]>
    ? never
    : N]: GenesisIn<PalletsIn<P>[N]>;
};
