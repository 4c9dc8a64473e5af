import { verifyCertificate } from "@pha/protocol";
import { toHex, utf8ToText } from "@pha/scale";
import { createEvmWallet, type EvmKey, evmKey, fakePage } from "@pha/test-wallet";
import { afterEach, expect, test, vi } from "vitest";
import { filled } from "../testing/fake-chain.ts";
import { certificateOf, codeOf, firstOf } from "../testing/wallet-account.ts";
import { discoverEvmWallets } from "./evm.ts";
import type { ConnectedWallet, FoundWallet } from "./wallet.ts";

const cow = evmKey("cow");
const genesisHash = filled(1);

function walletWith(...keys: readonly EvmKey[]) {
  return createEvmWallet({ id: "example.test-wallet", name: "Test wallet", keys });
}

function foundIn(page: Parameters<typeof discoverEvmWallets>[1]): readonly FoundWallet[] {
  const found: FoundWallet[] = [];
  discoverEvmWallets((wallet) => found.push(wallet), page);
  return found;
}

async function opened(wallet: ReturnType<typeof walletWith>): Promise<ConnectedWallet> {
  const [found] = foundIn(fakePage([wallet]));
  if (found === undefined) throw new Error("not found");
  return found.connect({ origin: "A test", genesisHash, timeoutMs: 1_000 });
}

afterEach(() => {
  vi.useRealTimers();
});

test("wallets that announce themselves are found once each, by names that are safe to show", () => {
  const page = new EventTarget();
  const found: FoundWallet[] = [];
  const stop = discoverEvmWallets((wallet) => found.push(wallet), page);
  const announce = (info: unknown, provider: unknown = { request: async () => [] }): boolean =>
    page.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider } }));
  announce({ uuid: "1", name: "One\u202e", rdns: "example.one" });
  announce({ uuid: "1", name: "One", rdns: "example.one" });
  announce({ uuid: "2", name: 7, rdns: {} });
  announce({ uuid: 3, name: "Three" });
  announce({ uuid: "4", name: "Four" }, {});
  announce({ uuid: "5".repeat(65), name: "Five" });
  page.dispatchEvent(new Event("eip6963:announceProvider"));
  expect(found.map(({ id, name }) => [id, name])).toEqual([
    ["evm:example.one", "One"],
    ["evm:wallet", "wallet"],
  ]);
  for (let i = 0; i < 100; i++) announce({ uuid: `many ${i}`, name: "Many" });
  expect(found).toHaveLength(32);
  stop();
  announce({ uuid: "late", name: "Late" });
  expect(found).toHaveLength(32);
});

test("an account has both addresses, and signs no extrinsics", async () => {
  const wallet = walletWith(cow);
  const account = firstOf(await opened(wallet));
  expect(account.evmAddress).toBe("0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826");
  expect(toHex(account.publicKey.subarray(0, 20))).toBe(cow.address);
  expect(utf8ToText(account.publicKey.subarray(20))).toBe("@evm_address");
  expect(account.signer).toBeUndefined();
  expect(account.name).toBe("Test wallet");
});

test("a certificate is signed by one prompt, over typed data that shows its fields", async () => {
  const wallet = walletWith(cow);
  const account = firstOf(await opened(wallet));
  const unsigned = certificateOf(account);
  const signature = await account.certifier.signCertificate(unsigned);
  expect(verifyCertificate({ ...unsigned, signature }, genesisHash, 1).ok).toBe(true);
  expect(wallet.prompts.map(({ kind }) => kind)).toEqual(["connect", "typed-data"]);
  expect(JSON.parse(wallet.prompts[1]?.shown ?? "").message).toMatchObject({
    purpose: "reading",
    account: cow.address,
    expiresAfterBlock: 100,
    contracts: [{ contract: toHex(filled(4)), queries: "all queries" }],
  });
});

test("a wallet that counts the id of a signature from zero is understood", async () => {
  const page = new EventTarget();
  const [wallet] = foundWith(page, async ({ method, params = [] }) => {
    const signed = await walletWith(cow).handle(method, params);
    if (method !== "eth_signTypedData_v4") return signed;
    const last = Number.parseInt(String(signed).slice(-2), 16);
    return `${String(signed).slice(0, -2)}0${last - 27}`;
  });
  const connected = await wallet?.connect({ origin: "A test", genesisHash });
  const [account] = connected?.accounts() ?? [];
  if (account === undefined) throw new Error("no account");
  const unsigned = certificateOf(account);
  const signature = await account.certifier.signCertificate(unsigned);
  expect(verifyCertificate({ ...unsigned, signature }, genesisHash, 1).ok).toBe(true);
});

test.each([
  ["reject", "wallet/refused"],
  ["other", "wallet/other-signature"],
  ["stranger", "wallet/other-signature"],
  ["garbage", "wallet/malformed"],
  [{ words: "chain not supported" }, "wallet/failed"],
] as const)("a wallet that answers with %j: %s", async (answer, code) => {
  const wallet = walletWith(cow);
  const account = firstOf(await opened(wallet));
  wallet.answerWith(answer);
  expect(await codeOf(account.certifier.signCertificate(certificateOf(account)))).toBe(code);
});

test("one that says nothing ends at its deadline", async () => {
  const wallet = walletWith(cow);
  const account = firstOf(await opened(wallet));
  wallet.answerWith("never");
  vi.useFakeTimers();
  const late = codeOf(account.certifier.signCertificate(certificateOf(account)));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toBe("wallet/no-answer");
});

test("accounts that change are told; those that are gone sign nothing", async () => {
  const wallet = walletWith(cow);
  const connected = await opened(wallet);
  const account = firstOf(connected);
  const seen: (readonly (string | undefined)[])[] = [];
  connected.onAccounts((accounts) => seen.push(accounts.map(({ evmAddress }) => evmAddress)));
  wallet.show([evmKey("other")]);
  expect(await codeOf(account.certifier.signCertificate(certificateOf(account)))).toBe(
    "wallet/account-gone",
  );
  wallet.lock();
  connected.close();
  wallet.unlock();
  expect(seen.map((list) => list.length)).toEqual([1, 0]);
  expect(wallet.prompts).toHaveLength(1);
});

test("of several accounts each name has the beginning of its address", async () => {
  const connected = await opened(walletWith(cow, evmKey("other")));
  const [first, second] = connected.accounts();
  expect(first?.name).toBe("Test wallet 0xCD2a");
  expect(second?.name).toBe(`Test wallet ${second?.evmAddress?.slice(0, 6)}`);
});

test("what it lists is checked", async () => {
  for (const [list, count] of [
    [[cow.address, cow.address.toUpperCase().replace("0X", "0x")], 1],
    [["0x12", 7, undefined, {}, `${cow.address}00`], 1],
    [[], 0],
  ] as const) {
    const [wallet] = foundWith(new EventTarget(), async () => list);
    const connected = await wallet?.connect({ origin: "A test", genesisHash });
    expect(connected?.accounts()).toHaveLength(count);
  }
  const [wallet] = foundWith(new EventTarget(), async () => "text");
  expect(
    await codeOf(wallet?.connect({ origin: "A test", genesisHash }) ?? Promise.resolve()),
  ).toBe("wallet/malformed");
});

function foundWith(
  page: EventTarget,
  request: (asked: { method: string; params?: readonly unknown[] }) => Promise<unknown>,
): readonly FoundWallet[] {
  const found: FoundWallet[] = [];
  discoverEvmWallets((wallet) => found.push(wallet), page);
  page.dispatchEvent(
    new CustomEvent("eip6963:announceProvider", {
      detail: { info: { uuid: "1", name: "One", rdns: "example.one" }, provider: { request } },
    }),
  );
  return found;
}
