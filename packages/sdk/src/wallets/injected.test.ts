import { ed25519Verify, ss58Decode, ss58Encode } from "@pha/crypto";
import { verifyCertificate } from "@pha/protocol";
import { isPhaError, toHex, utf8 } from "@pha/scale";
import {
  createSubstrateWallet,
  ed25519Key,
  fakePage,
  type SubstrateKey,
  sr25519Key,
} from "@pha/test-wallet";
import { afterEach, describe, expect, test, vi } from "vitest";
import { devSigner } from "../chain/accounts.ts";
import { openChain } from "../chain/chain.ts";
import { decodeExtrinsic } from "../chain/decode-extrinsic.ts";
import { createSession } from "../contracts/session.ts";
import { fakeChain, filled, VOTERS } from "../testing/fake-chain.ts";
import { certificateOf, codeOf, firstOf } from "../testing/wallet-account.ts";
import { injectedWallets } from "./injected.ts";
import type { ConnectedWallet } from "./wallet.ts";

const bob = sr25519Key("Bob", "//Bob");
const genesisHash = filled(1);

function walletWith(...keys: readonly SubstrateKey[]) {
  return createSubstrateWallet({ id: "test-wallet", keys });
}

async function opened(
  wallet: ReturnType<typeof walletWith>,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<ConnectedWallet> {
  const [found] = injectedWallets(fakePage([wallet]));
  if (found === undefined) throw new Error("not found");
  return found.connect({ origin: "A test", genesisHash, ...options });
}

afterEach(() => {
  vi.useRealTimers();
});

test("every wallet in the page is found, with a name that is safe to show", () => {
  const page = {
    injectedWeb3: {
      "subwallet-js": { version: "1.2.3" },
      "evil\u202e\n<b>": { version: {} },
      nothing: undefined,
    },
  };
  expect(injectedWallets(page).map(({ id, name, version }) => [id, name, version])).toEqual([
    ["substrate:subwallet-js", "subwallet-js", "1.2.3"],
    ["substrate:evil\u202e\n<b>", "evil <b>", undefined],
    ["substrate:nothing", "nothing", undefined],
  ]);
  expect(injectedWallets({})).toEqual([]);
  expect(injectedWallets({ injectedWeb3: "text" })).toEqual([]);
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`w${i}`, {}]));
  expect(injectedWallets({ injectedWeb3: many })).toHaveLength(32);
});

test("accounts come with Pha's addresses; its own change is told", async () => {
  const wallet = walletWith(bob);
  const connected = await opened(wallet);
  expect(wallet.prompts).toEqual([{ kind: "connect", shown: "A test" }]);
  const { address, name, evmAddress } = firstOf(connected);
  expect([name, address, evmAddress]).toEqual(["Bob", devSigner("Bob").address, undefined]);
  const seen: number[] = [];
  const stop = connected.onAccounts((accounts) => seen.push(accounts.length));
  wallet.show([bob, ed25519Key("Eddy", "eddy")]);
  wallet.lock();
  stop();
  wallet.unlock();
  expect(seen).toEqual([2, 0]);
  expect(connected.accounts()).toHaveLength(2);
  connected.close();
  wallet.show([]);
  expect(connected.accounts()).toHaveLength(2);
});

test("what is listed is checked: forms, schemes, other networks, repetitions, names, too many", async () => {
  const { address } = bob;
  const account = { address, name: "Bob", type: "sr25519" };
  const lists: readonly [unknown, readonly string[]][] = [
    [[account, account], ["Bob"]],
    [[{ ...account, type: undefined }], ["Bob"]],
    [[{ ...account, genesisHash: toHex(genesisHash) }], ["Bob"]],
    [[{ ...account, genesisHash: "" }], ["Bob"]],
    [[{ ...account, genesisHash: `0x${"11".repeat(32)}` }], []],
    [[{ ...account, type: "ecdsa" }], []],
    [[{ ...account, type: "ethereum", address: `0x${"11".repeat(20)}` }], []],
    [[{ ...account, address: "nobody" }, undefined, 7, "text", { address: {} }], []],
    [
      [{ ...account, name: "\u202eecilA\u0000 \n  x".padEnd(5000, "y") }],
      [`ecilA x${"y".repeat(32)}…`],
    ],
    [[{ ...account, name: " \u200b " }], [devSigner("Bob").address]],
    [[{ ...account, name: { toString: () => "evil" } }], [devSigner("Bob").address]],
  ];
  for (const [list, names] of lists) {
    const page = {
      injectedWeb3: {
        odd: { enable: async () => ({ accounts: { get: async () => list }, signer: {} }) },
      },
    };
    const [found] = injectedWallets(page);
    const connected = await found?.connect({ origin: "A test", genesisHash });
    expect(connected?.accounts().map(({ name }) => name)).toEqual(names);
  }
  const many = Array.from({ length: 1000 }, (_, i) => ({
    address: ss58Encode(
      42,
      filled(i % 256).map((byte, at) => (at < 4 ? (i >> (8 * at)) & 255 : byte)),
    ),
  }));
  const page = {
    injectedWeb3: {
      big: { enable: async () => ({ accounts: { get: async () => many }, signer: {} }) },
    },
  };
  const connected = await injectedWallets(page)[0]?.connect({ origin: "A test", genesisHash });
  expect(connected?.accounts()).toHaveLength(256);
});

describe("a certificate", () => {
  test.each([
    ["sr25519", bob],
    ["ed25519", ed25519Key("Eddy", "eddy")],
  ])("of %s is signed as the wallet wraps it, by one prompt that shows its text", async (_scheme, key) => {
    const wallet = walletWith(key);
    const account = firstOf(await opened(wallet));
    const unsigned = certificateOf(account);
    const signature = await account.certifier.signCertificate(unsigned);
    const certificate = { ...unsigned, signature };
    expect(verifyCertificate(certificate, genesisHash, 1).ok).toBe(true);
    expect(wallet.prompts.map(({ kind }) => kind)).toEqual(["connect", "text"]);
    expect(wallet.prompts[1]?.shown).toContain("purpose: reading");
  });

  test("makes a session", async () => {
    const chain = await openChain(fakeChain([VOTERS]).rpc);
    const account = firstOf(await opened(walletWith(bob)));
    const scopes = [{ contract: filled(4), methods: undefined }];
    const { certificate } = await createSession(chain, { signer: account.certifier, scopes });
    expect(verifyCertificate(certificate, chain.genesisHash, 0).ok).toBe(true);
    chain.close();
  });

  test.each([
    ["reject", "wallet/refused"],
    ["other", "wallet/other-signature"],
    ["stranger", "wallet/other-signature"],
    ["garbage", "wallet/malformed"],
    [{ words: "Unable to decode: unknown chain" }, "wallet/failed"],
  ] as const)("that the wallet answers with %j is %s", async (answer, code) => {
    const wallet = walletWith(bob);
    const account = firstOf(await opened(wallet));
    wallet.answerWith(answer);
    const asked = account.certifier.signCertificate(certificateOf(account));
    expect(await codeOf(asked)).toBe(code);
  });

  test("of an account that is gone, or of a locked wallet, is not asked for", async () => {
    const wallet = walletWith(bob);
    const account = firstOf(await opened(wallet));
    wallet.lock();
    const asked = account.certifier.signCertificate(certificateOf(account));
    expect(await codeOf(asked)).toBe("wallet/account-gone");
    expect(wallet.prompts).toHaveLength(1);
  });

  test("that is never answered ends at its deadline, or when the caller gives up", async () => {
    const wallet = walletWith(bob);
    const leaving = new AbortController();
    const connected = await opened(wallet, { timeoutMs: 1_000, signal: leaving.signal });
    const account = firstOf(connected);
    wallet.answerWith("never");
    vi.useFakeTimers();
    const given = codeOf(account.certifier.signCertificate(certificateOf(account)));
    await vi.advanceTimersByTimeAsync(1);
    connected.cancel();
    expect(await given).toBe("wallet/cancelled");
    const late = codeOf(account.certifier.signCertificate(certificateOf(account)));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await late).toBe("wallet/no-answer");
    const left = codeOf(account.certifier.signCertificate(certificateOf(account)));
    await vi.advanceTimersByTimeAsync(1);
    leaving.abort();
    expect(await left).toBe("wallet/cancelled");
    expect(await codeOf(account.certifier.signCertificate(certificateOf(account)))).toBe(
      "wallet/cancelled",
    );
  });
});

test("bytes are signed between the marks that wallets put around them", async () => {
  const key = ed25519Key("Eddy", "eddy");
  const { signer } = firstOf(await opened(walletWith(key)));
  const signature = await signer?.sign(utf8("text"));
  const decoded = ss58Decode(key.address);
  expect(
    decoded.ok &&
      signature &&
      ed25519Verify(decoded.value.publicKey, utf8("<Bytes>text</Bytes>"), signature),
  ).toBe(true);
});

describe("an extrinsic", () => {
  const accepted: string[] = [];
  const node = () =>
    fakeChain([VOTERS], {
      author_submitExtrinsic: ([hex]) => {
        accepted.push(String(hex));
        return null;
      },
    });

  async function sent(wallet: ReturnType<typeof walletWith>) {
    const chain = await openChain(node().rpc);
    const account = firstOf(await opened(wallet));
    if (account.signer === undefined) throw new Error("no signer");
    const call = chain.call("System", "remark", { remark: utf8("hello") });
    const submitted = chain.submit(account.signer, call, { until: "submitted" });
    return submitted.then(
      () => decodeExtrinsic(chain.metadata, Buffer.from(accepted.at(-1)?.slice(2) ?? "", "hex")),
      (error: unknown) => (isPhaError(error) ? error.code : String(error)),
    );
  }

  test.each([
    ["sr25519", bob],
    ["ed25519", ed25519Key("Eddy", "eddy")],
  ])("of %s is given by its fields, and sent as the wallet signed it", async (_scheme, key) => {
    const wallet = walletWith(key);
    expect(await sent(wallet)).toMatchObject({
      ok: true,
      value: { pallet: "System", call: "remark" },
    });
    const [, prompt] = wallet.prompts;
    expect(prompt?.kind).toBe("extrinsic");
    expect(JSON.parse(prompt?.shown ?? "")).toMatchObject({
      address: key.address,
      mode: 0,
      metadataHash: null,
      withSignedTransaction: false,
    });
  });

  test.each([
    ["reject", "wallet/refused"],
    ["other", "wallet/other-signature"],
    ["stranger", "wallet/other-signature"],
    ["garbage", "wallet/malformed"],
    [{ words: "unknown chain" }, "wallet/failed"],
  ] as const)("that the wallet answers with %j is not sent: %s", async (answer, code) => {
    const wallet = walletWith(bob);
    const count = accepted.length;
    const page = fakePage([wallet]);
    const connected = await injectedWallets(page)[0]?.connect({ origin: "A test", genesisHash });
    const chain = await openChain(node().rpc);
    wallet.answerWith(answer);
    const signer = connected?.accounts()[0]?.signer;
    if (signer === undefined) throw new Error("no signer");
    const call = chain.call("System", "remark", { remark: utf8("hello") });
    expect(await codeOf(chain.submit(signer, call, { until: "submitted" }))).toBe(code);
    expect(accepted).toHaveLength(count);
  });
});

test("wallets that are none, or list nothing that can be read, are said to be so", async () => {
  const codes: string[] = [];
  for (const enable of [
    undefined,
    async () => undefined,
    async () => ({ accounts: {} }),
    async () => ({ accounts: { get: async () => "text" } }),
    () => {
      throw new Error("Rejected by the user");
    },
  ]) {
    const [found] = injectedWallets({ injectedWeb3: { odd: { enable } } });
    codes.push(
      await codeOf(found?.connect({ origin: "A test", genesisHash }) ?? Promise.resolve()),
    );
  }
  expect(codes).toEqual([
    "wallet/malformed",
    "wallet/malformed",
    "wallet/malformed",
    "wallet/malformed",
    "wallet/refused",
  ]);
  const page = {
    injectedWeb3: {
      dumb: {
        enable: async () => ({
          accounts: { get: async () => [{ address: bob.address }] },
          signer: {},
        }),
      },
    },
  };
  const connected = await injectedWallets(page)[0]?.connect({ origin: "A test", genesisHash });
  const [account] = connected?.accounts() ?? [];
  if (account === undefined) throw new Error("no account");
  expect(await codeOf(account.certifier.signCertificate(certificateOf(account)))).toBe(
    "wallet/malformed",
  );
});
