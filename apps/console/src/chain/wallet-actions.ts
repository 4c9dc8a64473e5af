/** What is done with wallets; the part that does it is loaded with the first of these. */

const load = () => import("./core/wallets.ts");

/** Lists the wallets of this page, and each that comes later; ends with what is returned. */
export function lookForWallets(onFailed: (error: unknown) => void): () => void {
  let isOver = false;
  let stop: () => void = () => undefined;
  load().then((core) => {
    if (!isOver) stop = core.lookForWallets();
  }, onFailed);
  return () => {
    isOver = true;
    stop();
  };
}

/** @param genesis of the network, in hex: accounts that are for another one alone are left out */
export async function connectWallet(id: string, genesis: string): Promise<void> {
  await (await load()).connectWallet(id, genesis);
}

export async function disconnectWallet(id: string): Promise<void> {
  (await load()).disconnectWallet(id);
}
