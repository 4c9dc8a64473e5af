import { type Client, devSigner, openChain } from "@pha/sdk";
import { CONTRACT, fakeChain } from "@pha/sdk/testing";
import { afterEach, expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import { chooseLife } from "../certificate-life.ts";
import { endSession, endSessionsOf, sessions } from "../sessions.ts";
import { ensureSession, markExpired, textOfCertificate } from "./sessions.ts";

const signer = devSigner("Alice");
const account: Account = {
  id: "Alice",
  name: "Alice",
  address: signer.address,
  publicKey: signer.publicKey,
  certifier: signer,
  signer,
  wallet: undefined,
};

async function opened() {
  const chain = await openChain(fakeChain().rpc);
  // Of a client only its chain is asked.
  const client = { chain } as unknown as Client;
  const reasons: string[] = [];
  let prompts = 0;
  const asking = {
    account: {
      ...account,
      certifier: {
        ...signer,
        sign(payload: Uint8Array) {
          prompts++;
          return signer.sign(payload);
        },
      },
    },
    contract: CONTRACT,
    purpose: "reading",
    onAsk: (reason: string) => reasons.push(reason),
  };
  return { client, reasons, asking, prompts: () => prompts };
}

afterEach(() => {
  for (const one of sessions.get()) endSession(one);
  chooseLife("hours");
});

test("one certificate for all who want it at once, and for all later", async () => {
  const { client, reasons, asking, prompts } = await opened();
  const [first, second] = await Promise.all([
    ensureSession(client, asking),
    ensureSession(client, asking),
  ]);
  expect(second).toBe(first);
  expect(await ensureSession(client, asking)).toBe(first);
  expect(prompts()).toBe(1);
  expect(reasons).toEqual(["first", "first"]);
  expect(textOfCertificate(first)).toContain("purpose: reading");
});

test("one that a worker calls expired, or that lasts no longer, is renewed, and said to be", async () => {
  const { client, reasons, asking } = await opened();
  const first = await ensureSession(client, asking);
  markExpired(client, account, CONTRACT);
  expect(sessions.get().map(({ isOver }) => isOver)).toEqual([true]);
  const second = await ensureSession(client, asking);
  expect(second).not.toBe(first);
  expect(sessions.get().map(({ isOver }) => isOver)).toEqual([false]);
  expect(reasons).toEqual(["first", "renewed"]);
});

test("its life is the one that was chosen", async () => {
  const { client, asking } = await opened();
  const long = await ensureSession(client, asking);
  expect(endSessionsOf(account.address)).toBe(1);
  expect(endSessionsOf(account.address)).toBe(0);
  chooseLife("minutes");
  const short = await ensureSession(client, asking);
  expect(short.certificate.expiry * 48).toBe(long.certificate.expiry);
});

test("a refused certificate is asked for again by the next who wants one", async () => {
  const { client, asking } = await opened();
  const refusing = {
    ...asking,
    account: {
      ...account,
      certifier: { ...signer, sign: () => Promise.reject(new Error("refused")) },
    },
  };
  await expect(ensureSession(client, refusing)).rejects.toThrow("refused");
  expect(sessions.get()).toEqual([]);
  await ensureSession(client, asking);
  expect(sessions.get()).toHaveLength(1);
});
