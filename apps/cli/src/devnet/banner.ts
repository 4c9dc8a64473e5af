/** What the terminal shows when the devnet is ready. */
import type { Devnet } from "./start-devnet.ts";

export function bannerOf(devnet: Devnet, file: string): string {
  const { rpc, workers, accounts, contracts, console: address, collector, site } = devnet.file;
  const seconds = (devnet.readyMs / 1000).toFixed(1);
  return [
    "",
    "  Accounts (public test keys: never fund them on a real network)",
    ...accounts.map(
      ({ name, address, secretUri }) => `   ${name.padEnd(8)} ${address}  ${secretUri}`,
    ),
    "",
    "  Contracts",
    ...contracts.map(({ name, address }) => `   ${name.padEnd(10)} ${address}`),
    "",
    ...(address === null ? [] : [`  Console      ${address}   ← open it in a browser`]),
    ...(site === null ? [] : [`  Sample site  ${site}   counted through ${collector}`]),
    `  RPC          ${rpc.ws}   ${rpc.http}`,
    `  Worker       ${workers[0]?.url ?? ""}`,
    `  For scripts  ${file}`,
    `  Logs         ${devnet.layout.logs}`,
    "",
    "  ! SIMULATED: evidence is made by this machine, no hardware protects the data here.",
    `  ✓ Ready after ${seconds} s and ${devnet.blocks} finalized blocks. ${devnet.layout.temporary ? "State is thrown away at the end; --state DIR keeps it." : "State is kept."} Ctrl-C stops everything.`,
    "",
    "  Try next, in another terminal:",
    "    npx --no pha call counter add '{\"n\": 5}' --from alice",
    "    npx --no pha query counter value --from alice",
    "    npx --no pha demo",
    "",
  ].join("\n");
}
