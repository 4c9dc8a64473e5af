/** A wallet of Substrate without a window: a script answers for the person. */
import { concatBytes, fromHex, toHex, utf8, utf8ToText } from "@pha/scale";
import { type SubstrateKey, sr25519Key } from "./keys.ts";
import { type Answer, type Prompt, silence, WalletRefusal } from "./script.ts";
import { type PayloadFields, signedBytes } from "./sign-payload.ts";

/** How a test drives a wallet, and what a page asks of it. */
export interface TestWallet<K> {
  readonly kind: "substrate" | "evm";
  readonly id: string;
  readonly name: string;
  readonly prompts: readonly Prompt[];
  /** To all questions from now on. */
  answerWith(answer: Answer): void;
  lock(): void;
  unlock(): void;
  show(keys: readonly K[]): void;
  /** What a page asks, by the name of the method. */
  handle(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Told of the accounts whenever they change. */
  onAccounts(listener: (accounts: unknown) => void): () => void;
}

export interface SubstrateWalletOptions {
  /** Key in `window.injectedWeb3`. */
  readonly id: string;
  readonly keys: readonly SubstrateKey[];
}

export function createSubstrateWallet(options: SubstrateWalletOptions): TestWallet<SubstrateKey> {
  const prompts: Prompt[] = [];
  const listeners = new Set<(accounts: unknown) => void>();
  const stranger = sr25519Key("stranger", "//Stranger//To//Everybody");
  let answer: Answer = "approve";
  let isLocked = false;
  let { keys } = options;

  const listed = (): unknown =>
    isLocked ? [] : keys.map(({ address, name, type }) => ({ address, name, type }));
  const tell = (): void => {
    for (const listener of listeners) listener(listed());
  };

  async function decide(prompt: Prompt): Promise<Answer> {
    prompts.push(prompt);
    if (answer === "never") return silence();
    if (answer === "reject") throw new WalletRefusal("Cancelled");
    if (typeof answer === "object") throw new WalletRefusal(answer.words);
    return answer;
  }

  function keyOf(address: unknown): SubstrateKey {
    const key = keys.find((one) => one.address === address);
    if (key === undefined || isLocked) throw new WalletRefusal("Unable to find the account");
    return key;
  }

  async function sign(prompt: Prompt, address: unknown, message: Uint8Array): Promise<unknown> {
    const key = keyOf(address);
    const decided = await decide(prompt);
    if (decided === "garbage") return { id: 1, signature: "<img src=x onerror=alert(1)>" };
    const signer = decided === "stranger" ? stranger : key;
    const signature = signer.sign(decided === "other" ? utf8("something else") : message);
    // polkadot.js names the scheme before signatures of extrinsics alone.
    const kind = prompt.kind === "extrinsic" ? [key.type === "ed25519" ? 0 : 1] : [];
    return { id: prompts.length, signature: toHex(Uint8Array.of(...kind, ...signature)) };
  }

  return {
    kind: "substrate",
    id: options.id,
    name: options.id,
    prompts,
    answerWith(next) {
      answer = next;
    },
    lock() {
      isLocked = true;
      tell();
    },
    unlock() {
      isLocked = false;
      tell();
    },
    show(next) {
      keys = next;
      tell();
    },
    onAccounts(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    async handle(method, [given]) {
      if (method === "enable") {
        await decide({ kind: "connect", shown: String(given) });
        return true;
      }
      if (method === "accounts") return listed();
      // Pages give what the standard says; a wallet that read it wrong would be one that lies.
      const request = given as { readonly address: unknown; readonly data: string };
      if (method === "signRaw") {
        const data = fromHex(request.data);
        const message = concatBytes(utf8("<Bytes>"), data, utf8("</Bytes>"));
        return sign({ kind: "text", shown: utf8ToText(data) ?? "" }, request.address, message);
      }
      if (method === "signPayload") {
        const message = signedBytes(given as PayloadFields);
        return sign({ kind: "extrinsic", shown: JSON.stringify(given) }, request.address, message);
      }
      throw new WalletRefusal(`no such method: ${method}`);
    },
  };
}
