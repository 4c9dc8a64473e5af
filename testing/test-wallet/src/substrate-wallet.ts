/** A wallet of Substrate without a window: a script answers for the person. */
import { concatBytes, fromHex, toHex, utf8, utf8ToText } from "@pha/scale";
import { type SubstrateKey, sr25519Key } from "./keys.ts";
import { type Prompt, WalletRefusal } from "./script.ts";
import { type PayloadFields, signedBytes } from "./sign-payload.ts";
import { createTestWallet, type OpenWallet, type TestWallet } from "./test-wallet.ts";

export interface SubstrateWalletOptions {
  /** Key in `window.injectedWeb3`. */
  readonly id: string;
  readonly keys: readonly SubstrateKey[];
}

export function createSubstrateWallet(options: SubstrateWalletOptions): TestWallet<SubstrateKey> {
  const stranger = sr25519Key("stranger", "//Stranger//To//Everybody");

  async function sign(
    { prompts, keyOf, decide }: OpenWallet<SubstrateKey>,
    prompt: Prompt,
    address: unknown,
    message: Uint8Array,
  ): Promise<unknown> {
    const key = keyOf(address);
    if (key === undefined) throw new WalletRefusal("Unable to find the account");
    const decided = await decide(prompt);
    if (decided === "garbage") return { id: 1, signature: "<img src=x onerror=alert(1)>" };
    const signer = decided === "stranger" ? stranger : key;
    const signature = signer.sign(decided === "other" ? utf8("something else") : message);
    // polkadot.js names the scheme before signatures of extrinsics alone.
    const kind = prompt.kind === "extrinsic" ? [key.type === "ed25519" ? 0 : 1] : [];
    return { id: prompts.length, signature: toHex(Uint8Array.of(...kind, ...signature)) };
  }

  return createTestWallet({
    ...options,
    kind: "substrate",
    name: options.id,
    listed: ({ address, name, type }) => ({ address, name, type }),
    refusal: () => new WalletRefusal("Cancelled"),
    async handle(wallet, method, [given]) {
      if (method === "enable") {
        await wallet.decide({ kind: "connect", shown: String(given) });
        return true;
      }
      if (method === "accounts") return wallet.accounts();
      // Pages give what the standard says; a wallet that read it wrong would be one that lies.
      const request = given as { readonly address: unknown; readonly data: string };
      if (method === "signRaw") {
        const data = fromHex(request.data);
        const message = concatBytes(utf8("<Bytes>"), data, utf8("</Bytes>"));
        const prompt = { kind: "text", shown: utf8ToText(data) ?? "" } as const;
        return sign(wallet, prompt, request.address, message);
      }
      if (method === "signPayload") {
        const message = signedBytes(given as PayloadFields);
        const prompt = { kind: "extrinsic", shown: JSON.stringify(given) } as const;
        return sign(wallet, prompt, request.address, message);
      }
      throw new WalletRefusal(`no such method: ${method}`);
    },
  });
}
