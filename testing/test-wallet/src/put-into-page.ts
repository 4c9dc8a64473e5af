/**
 * Puts wallets into a page, or into what stands for one. The function is whole in itself, because browsers get its text.
 */

export interface WalletCard {
  readonly kind: "substrate" | "evm";
  readonly id: string;
  readonly name: string;
}

/** What a wallet's side answers: a value, or what the page's promise rejects with. */
export type CallResult =
  | { readonly value: unknown }
  | { readonly error: { readonly message: string; readonly code?: number } };

export interface PageSide {
  /** Tells the page of a wallet's accounts. */
  tell(id: string, accounts: unknown): void;
}

export interface PageTarget {
  injectedWeb3?: Record<string, unknown>;
  addEventListener(type: string, listener: () => void): void;
  dispatchEvent(event: Event): boolean;
}

export function putIntoPage(
  target: PageTarget,
  cards: readonly WalletCard[],
  call: (id: string, method: string, params: readonly unknown[]) => Promise<CallResult>,
): PageSide {
  const listeners = new Map<string, Set<(accounts: unknown) => void>>();
  const listenersOf = (id: string): Set<(accounts: unknown) => void> => {
    const known = listeners.get(id) ?? new Set();
    listeners.set(id, known);
    return known;
  };
  const ask = async (id: string, method: string, params: readonly unknown[]): Promise<unknown> => {
    const result = await call(id, method, params);
    if ("value" in result) return result.value;
    throw Object.assign(new Error(result.error.message), { code: result.error.code });
  };
  const injected: Record<string, unknown> = { ...target.injectedWeb3 };
  for (const { kind, id } of cards) {
    if (kind !== "substrate") continue;
    injected[id] = {
      version: "1.0.0",
      async enable(origin: string) {
        await ask(id, "enable", [origin]);
        return {
          accounts: {
            get: () => ask(id, "accounts", []),
            subscribe(listener: (accounts: unknown) => void) {
              listenersOf(id).add(listener);
              ask(id, "accounts", []).then(listener, () => undefined);
              return () => {
                listenersOf(id).delete(listener);
              };
            },
          },
          signer: {
            signRaw: (request: unknown) => ask(id, "signRaw", [request]),
            signPayload: (request: unknown) => ask(id, "signPayload", [request]),
          },
        };
      },
    };
  }
  target.injectedWeb3 = injected;
  const providers = cards
    .filter(({ kind }) => kind === "evm")
    .map(({ id, name }) => ({
      info: { uuid: `00000000-${id}`.slice(0, 36), name, rdns: id, icon: "data:image/png;base64," },
      provider: {
        request: ({ method, params = [] }: { method: string; params?: readonly unknown[] }) =>
          ask(id, method, params),
        on(event: string, listener: (accounts: unknown) => void) {
          if (event === "accountsChanged") listenersOf(id).add(listener);
        },
        removeListener(_event: string, listener: (accounts: unknown) => void) {
          listenersOf(id).delete(listener);
        },
      },
    }));
  const announce = (): void => {
    for (const detail of providers)
      target.dispatchEvent(
        new CustomEvent("eip6963:announceProvider", { detail: Object.freeze(detail) }),
      );
  };
  target.addEventListener("eip6963:requestProvider", announce);
  announce();
  return {
    tell(id, accounts) {
      for (const listener of listenersOf(id)) listener(accounts);
    },
  };
}
