/**
 * A contract under test: named callers, a block counter, no network, no engine.
 *
 * Arguments and results pass through their codecs, as in production; failed calls leave no writes. Not here: fuel and
 * the limits of the engine.
 */
import { assert, type Codec, decode, encode, equalBytes, utf8 } from "@pha/scale";
import type { CallContext } from "../context.ts";
import type { Command, Contract, Query } from "../define-contract.ts";
import { ContractFailure } from "../failure.ts";
import { createRunner } from "../run-call.ts";
import { createMemoryHost } from "./memory-host.ts";
import { findPlaintext, formsOf, type Plaintext } from "./plaintext.ts";

type Calls<C, K extends "command" | "query"> =
  C extends Contract<string, infer E>
    ? {
        readonly [N in keyof E as E[N] extends { readonly kind: K } ? N : never]: E[N] extends
          | Command<infer A, infer R>
          | Query<infer A, infer R>
          ? (args: A) => R
          : never;
      }
    : never;

/** Calls of one account; each throws `ContractFailure` as the contract says. */
export interface TestCaller<C> {
  readonly account: Uint8Array;
  readonly command: Calls<C, "command">;
  readonly query: Calls<C, "query">;
}

export interface ContractTest<C> {
  /** The account of this name, always the same. `owner` is the contract's owner. */
  as(name: string): TestCaller<C>;
  /** Of the calls that come; `nextBlock` moves it. */
  readonly block: { readonly number: number; readonly timestampMs: bigint };
  nextBlock(count?: number): void;
  /** Code with which the call fails. An assertion when it does not. */
  failureOf(call: () => unknown): string;
  /**
   * Throws when the value can be found in what the contract stored, in its error codes or in what it disclosed.
   *
   * Text and bytes are found as they are, numbers of at least four bytes in little-endian form.
   */
  expectHidden(value: Plaintext): void;
  /** Throws when the value can be found in a result that this caller got, or in an entry that was opened to it. */
  expectHiddenFrom(name: string, value: Plaintext): void;
  /** Throws unless exactly these reasons were disclosed or opened for, in this order. */
  expectDisclosures(reasons: readonly string[]): void;
  /** What queries opened to this caller, in order. */
  openedBy(name: string): readonly OpenedEntry[];
  /** Number of stored entries and bytes of their keys and values. */
  stored(): { readonly entries: number; readonly bytes: number };
  /** A box that the contract's `openBox(domain, …)` opens; here it hides nothing. */
  seal(domain: string, plain: Uint8Array): Uint8Array;
}

/** An entry as its caller may show it. */
export interface OpenedEntry {
  readonly reason: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface TestOptions {
  readonly blockNumber?: number;
  readonly timestampMs?: bigint;
  readonly slotMs?: bigint;
}

const OWNER = "owner";
const FIRST_TIMESTAMP_MS = 1_700_000_000_000n;

/** Instantiates the contract, as the account `owner`. */
export function testContract<C extends Contract>(
  contract: C,
  options: TestOptions = {},
): ContractTest<C> {
  const host = createMemoryHost();
  const block = {
    number: options.blockNumber ?? 1,
    timestampMs: options.timestampMs ?? FIRST_TIMESTAMP_MS,
  };
  const slotMs = options.slotMs ?? 1_000n;
  const owner = accountNamed(OWNER);
  let caller = owner;
  const context: CallContext = {
    block,
    owner,
    get caller() {
      return caller;
    },
    get callerIsOwner() {
      return caller === owner;
    },
  };
  const accounts = new Map([[OWNER, owner]]);
  const outputs = new Map<string, Uint8Array[]>();
  const said: Uint8Array[] = [];
  const reasons: string[] = [];
  const opened = new Map<string, OpenedEntry[]>();
  let told: string[] = [];
  let shown: OpenedEntry[] = [];
  const runner = createRunner(contract, host, context, {
    disclosed: (reason) => told.push(reason),
    opened({ storageKey: key }, reason) {
      if (shown.some((entry) => equalBytes(entry.key, key))) return;
      told.push(reason);
      const value = host.get(key);
      assert(value !== undefined, "what was opened is there");
      shown.push({ reason, key, value });
    },
  });

  function run(
    name: string,
    kind: "instantiate" | "command" | "query",
    entry: string | undefined,
    args: Uint8Array,
  ): Uint8Array {
    caller = accountOf(name);
    told = [];
    shown = [];
    host.begin(kind);
    try {
      const output = runner.run(kind, entry, args);
      host.commit();
      reasons.push(...told);
      outputs.set(name, [...(outputs.get(name) ?? []), output]);
      opened.set(name, [...(opened.get(name) ?? []), ...shown]);
      return output;
    } catch (error) {
      if (error instanceof ContractFailure) said.push(utf8(error.code));
      throw error;
    }
  }

  function accountOf(name: string): Uint8Array {
    const account = accounts.get(name) ?? accountNamed(name);
    accounts.set(name, account);
    return account;
  }

  function callsOf(name: string, kind: "command" | "query"): unknown {
    const calls: Record<string, (args: unknown) => unknown> = {};
    for (const [entry, declared] of Object.entries(contract.entries)) {
      if (declared.kind !== kind) continue;
      const { args, returns }: { args: Codec<unknown>; returns: Codec<unknown> } = declared;
      calls[entry] = (given) => {
        const output = run(name, kind, entry, encode(args, given));
        const result = decode(returns, output);
        assert(result.ok, "a result decodes as declared");
        return result.value;
      };
    }
    return calls;
  }

  run(OWNER, "instantiate", undefined, new Uint8Array(0));

  return {
    block,
    as: (name) => ({
      account: accountOf(name),
      // Built from the contract's own entries, one function for each of the kind.
      command: callsOf(name, "command") as Calls<C, "command">,
      query: callsOf(name, "query") as Calls<C, "query">,
    }),
    nextBlock(count = 1) {
      block.number += count;
      block.timestampMs += slotMs * BigInt(count);
    },
    failureOf(call) {
      try {
        call();
      } catch (error) {
        if (error instanceof ContractFailure) return error.code;
        throw error;
      }
      assert(false, "the call fails");
    },
    expectHidden(value) {
      const forms = formsOf(value);
      for (const { key, value: stored } of host.entries()) {
        findPlaintext(forms, key, "a storage key");
        findPlaintext(forms, stored, "a stored value");
      }
      for (const code of said) findPlaintext(forms, code, "an error code");
      for (const reason of reasons) findPlaintext(forms, utf8(reason), "a disclosure");
    },
    expectHiddenFrom(name, value) {
      const forms = formsOf(value);
      for (const output of outputs.get(name) ?? [])
        findPlaintext(forms, output, `a result of ${name}`);
      for (const { key, value: stored } of opened.get(name) ?? []) {
        findPlaintext(forms, key, `an opened key of ${name}`);
        findPlaintext(forms, stored, `an opened value of ${name}`);
      }
    },
    expectDisclosures(expected) {
      assert(
        expected.length === reasons.length && expected.every((reason, i) => reason === reasons[i]),
        `disclosures are [${reasons.join(", ")}], expected [${expected.join(", ")}]`,
      );
    },
    openedBy: (name) => opened.get(name) ?? [],
    stored() {
      let bytes = 0;
      const entries = host.entries();
      for (const { key, value } of entries) bytes += key.length + value.length;
      return { entries: entries.length, bytes };
    },
    seal: (domain, plain) => host.seal(utf8(domain), plain),
  };
}

/** The name, then its length and zeros: distinct for distinct names of at most 31 bytes. */
function accountNamed(name: string): Uint8Array {
  const text = utf8(name);
  assert(text.length > 0 && text.length < 32, "a test account's name has 1 to 31 bytes");
  const account = new Uint8Array(32);
  account.set(text);
  account[31] = text.length;
  return account;
}
