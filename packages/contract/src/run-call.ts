/** One call of a contract over a host: decode, dispatch, encode. The same code runs in the engine and in tests. */
import { type Codec, decode, encode, unit } from "@pha/scale";
import type { CallContext, CommandContext, QueryContext } from "./context.ts";
import type { Contract } from "./define-contract.ts";
import { ContractFailure } from "./failure.ts";
import { type ContractHost, MAX_REPLY_BYTES } from "./host.ts";
import { type OrSecret, openSecret, plain, type Secret } from "./secret.ts";
import { openState, type StateEntry } from "./state/cells.ts";
import type { StateLayout } from "./state/declare.ts";
import { textToBytes } from "./text.ts";

export interface CallObserver {
  readonly disclosed?: (reason: string) => void;
  readonly opened?: (entry: StateEntry, reason: string) => void;
}

const NO_BYTES = new Uint8Array(0);
const NO_ARGUMENTS = Object.freeze({});

export interface Runner {
  /**
   * The encoded result.
   *
   * @throws ContractFailure as the contract said, or `contract/no-such-entry`, `contract/bad-arguments`,
   * `contract/reply-too-long`
   */
  run(
    kind: "instantiate" | "command" | "query",
    /** Absent when the selector names none. */
    entry: string | undefined,
    args: Uint8Array,
  ): Uint8Array;
}

/**
 * A contract over its host, made once before the first call.
 *
 * @param call what calls say; its members may change from call to call
 */
export function createRunner(
  contract: Contract,
  host: ContractHost,
  call: CallContext,
  observer: CallObserver = {},
): Runner {
  const { state, begin, end } = openState(contract.state, host);
  const random = () => host.random();
  const pseudonym = (domain: string, data: Uint8Array | string) =>
    host.pseudonym(textToBytes(domain), typeof data === "string" ? textToBytes(data) : data);
  const boxKey = (domain: string) => host.boxKey(textToBytes(domain));
  const openBox = (domain: string, box: Uint8Array) => host.openBox(textToBytes(domain), box);
  function ensureDeclared(reason: string): void {
    if (contract.disclosures[reason] === undefined)
      throw new ContractFailure("contract/undeclared-disclosure");
  }
  function disclose<T>(value: Secret<T>, reason: string): T {
    ensureDeclared(reason);
    observer.disclosed?.(reason);
    return openSecret(value);
  }
  function open(entry: StateEntry, reason: string): void {
    ensureDeclared(reason);
    host.open(entry.storageKey);
    observer.opened?.(entry, reason);
  }
  const context: CommandContext<StateLayout, string> &
    Pick<QueryContext<StateLayout, string>, "open"> = {
    block: call.block,
    get caller() {
      return call.caller;
    },
    get owner() {
      return call.owner;
    },
    get callerIsOwner() {
      return call.callerIsOwner;
    },
    state,
    random,
    pseudonym,
    boxKey,
    openBox,
    disclose,
    open,
  };

  return {
    run(kind, name, args) {
      begin();
      const output = dispatch(kind, name, args);
      end();
      return output;
    },
  };

  function dispatch(
    kind: "instantiate" | "command" | "query",
    name: string | undefined,
    args: Uint8Array,
  ): Uint8Array {
    if (kind === "instantiate") {
      const { init } = contract.entries;
      if (args.length > 0) throw new ContractFailure("contract/bad-arguments");
      if (init?.kind === "init") init.run(context);
      return NO_BYTES;
    }
    const entry = name === undefined ? undefined : contract.entries[name];
    if (entry === undefined || entry.kind !== kind)
      throw new ContractFailure("contract/no-such-entry");
    const result: OrSecret<unknown> = entry.run(context, argumentsOf(entry.args, args));
    if (entry.returns === unit) return NO_BYTES;
    const returns: Codec<unknown> = entry.returns;
    const output = encode(returns, plain(result));
    if (output.length > MAX_REPLY_BYTES) throw new ContractFailure("contract/reply-too-long");
    return output;
  }
}

function argumentsOf(codec: Codec<unknown>, args: Uint8Array): unknown {
  if (args.length === 0 && codec.shape.kind === "composite" && codec.shape.fields.length === 0)
    return NO_ARGUMENTS;
  const decoded = decode(codec, args);
  if (!decoded.ok) throw new ContractFailure("contract/bad-arguments");
  return decoded.value;
}
