/** What wallets of both kinds have in common: the keys that they show, and the script that answers for the person. */
import { type Answer, type Prompt, silence, WalletRefusal } from "./script.ts";

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

export interface TestWalletOptions<K> extends Pick<TestWallet<K>, "kind" | "id" | "name"> {
  readonly keys: readonly K[];
  /** An account, as pages are told of it. */
  readonly listed: (key: K) => unknown;
  /** Of a person who says no. */
  readonly refusal: () => WalletRefusal;
  /** Answers a page, by the wallet's present state. */
  readonly handle: (
    wallet: OpenWallet<K>,
    ...asked: Parameters<TestWallet<K>["handle"]>
  ) => Promise<unknown>;
}

/** A wallet as its own methods see it. */
export interface OpenWallet<K> {
  readonly prompts: readonly Prompt[];
  accounts(): readonly unknown[];
  /** None of an address that is not shown. */
  keyOf(address: unknown): K | undefined;
  /** Asks the person. */
  decide(prompt: Prompt): Promise<Exclude<Answer, "never" | "reject" | object>>;
}

export function createTestWallet<K extends { readonly address: string }>(
  options: TestWalletOptions<K>,
): TestWallet<K> {
  const { kind, id, name, refusal } = options;
  const prompts: Prompt[] = [];
  const listeners = new Set<(accounts: unknown) => void>();
  let answer: Answer = "approve";
  let isLocked = false;
  let { keys } = options;

  const own: OpenWallet<K> = {
    prompts,
    accounts: () => (isLocked ? [] : keys.map(options.listed)),
    keyOf: (address) => (isLocked ? undefined : keys.find((one) => one.address === address)),
    async decide(prompt) {
      prompts.push(prompt);
      if (answer === "never") return silence();
      if (answer === "reject") throw refusal();
      if (typeof answer === "object") throw new WalletRefusal(answer.words);
      return answer;
    },
  };
  const tell = (): void => {
    for (const listener of listeners) listener(own.accounts());
  };

  return {
    kind,
    id,
    name,
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
    handle: (...asked) => options.handle(own, ...asked),
  };
}
