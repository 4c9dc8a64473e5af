/** A wallet of Ethereum without a window: a script answers for the person. */
import { type TypedData, typedDataHash } from "@pha/protocol";
import { toHex } from "@pha/scale";
import { type EvmKey, evmKey } from "./keys.ts";
import { type Answer, type Prompt, silence, WalletRefusal } from "./script.ts";
import type { TestWallet } from "./substrate-wallet.ts";

export interface EvmWalletOptions {
  /** Reverse domain name, as EIP-6963 announces it. */
  readonly id: string;
  readonly name: string;
  readonly keys: readonly EvmKey[];
}

const REJECTED = 4001;
const UNSUPPORTED = 4200;

export function createEvmWallet(options: EvmWalletOptions): TestWallet<EvmKey> {
  const prompts: Prompt[] = [];
  const listeners = new Set<(accounts: unknown) => void>();
  const stranger = evmKey("a stranger to everybody");
  let answer: Answer = "approve";
  let isLocked = false;
  let { keys } = options;

  const listed = (): unknown => (isLocked ? [] : keys.map(({ address }) => address));
  const tell = (): void => {
    for (const listener of listeners) listener(listed());
  };

  async function decide(prompt: Prompt): Promise<Answer> {
    prompts.push(prompt);
    if (answer === "never") return silence();
    if (answer === "reject") throw new WalletRefusal("User rejected the request.", REJECTED);
    if (typeof answer === "object") throw new WalletRefusal(answer.words);
    return answer;
  }

  return {
    kind: "evm",
    id: options.id,
    name: options.name,
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
    async handle(method, params) {
      if (method === "eth_accounts") return listed();
      if (method === "eth_requestAccounts") {
        await decide({ kind: "connect", shown: "" });
        return listed();
      }
      if (method !== "eth_signTypedData_v4")
        throw new WalletRefusal(`no such method: ${method}`, UNSUPPORTED);
      const [address, json] = params;
      const key = keys.find((one) => one.address === address);
      if (key === undefined || isLocked) throw new WalletRefusal("unknown account", 4100);
      const decided = await decide({ kind: "typed-data", shown: String(json) });
      if (decided === "garbage") return "0x1234";
      // The wallet signs what it shows.
      const typedData = JSON.parse(String(json)) as TypedData;
      const shown =
        decided === "other"
          ? { ...typedData, message: { ...typedData.message, purpose: "something else" } }
          : typedData;
      return toHex((decided === "stranger" ? stranger : key).sign(typedDataHash(shown)));
    },
  };
}
