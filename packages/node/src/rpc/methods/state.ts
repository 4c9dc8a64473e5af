/** `state_*`: storage, proofs, runtime calls and the runtime's version. */
import { blake2b256 } from "@pha/crypto";
import { PhaError } from "@pha/scale";
import { createProof, type Trie } from "@pha/state";
import type { ImportedBlock } from "../../chain/chain.ts";
import { changesRuntime, versionAt } from "../../chain/runtime-version.ts";
import { toHex } from "../../hex.ts";
import { versionJson } from "../block-json.ts";
import type { MethodGroup, RpcCall, RpcConnection, Sink } from "../method.ts";
import { blockAt, callRuntime, type NodeContext, stateAt } from "../node-context.ts";
import {
  hashParam,
  hexParam,
  isAbsent,
  keysParam,
  numberParam,
  optionalHashParam,
  optionalHexParam,
  stringParam,
} from "../params.ts";

const MAX_KEYS_PAGE = 1_000;
/** Blocks that one `state_queryStorage` walks, and values it reads. */
const MAX_QUERY_BLOCKS = 256;
const MAX_QUERY_VALUES = 8_192;
/** Keys that one connection watches: all are read at every block. */
const MAX_WATCHED_KEYS = 4_096;
const EMPTY = new Uint8Array(0);

export function stateMethods(context: NodeContext): MethodGroup {
  const { chain, runtime } = context;
  const watched = new WeakMap<RpcConnection, number>();
  const unsubscribe = ({ params, connection }: RpcCall): boolean =>
    connection.unsubscribe(stringParam(params, 0, "subscription"));

  const getStorage = ({ params }: RpcCall): string | null => {
    const key = hexParam(params, 0, "key");
    return hexOrNull(stateAt(context, optionalHashParam(params, 1, "at")).get(key));
  };
  const getKeysPaged = ({ params }: RpcCall): readonly string[] => {
    const prefix = optionalHexParam(params, 0, "prefix") ?? EMPTY;
    const limit = numberParam(params, 1, "count");
    if (limit > MAX_KEYS_PAGE)
      throw limitReached(
        `a page has at most ${MAX_KEYS_PAGE} keys`,
        "ask for smaller pages, each after the last key of the one before",
      );
    const after = optionalHexParam(params, 2, "startKey");
    const trie = stateAt(context, optionalHashParam(params, 3, "at"));
    return trie.keys(prefix, { limit, ...(after ? { after } : {}) }).map(toHex);
  };
  const runtimeVersion = ({ params }: RpcCall): object => {
    const { header } = blockAt(context, optionalHashParam(params, 0, "at"));
    return versionJson(versionAt(runtime, chain.stateOf(header)));
  };
  const call = ({ params }: RpcCall): string => {
    const { header } = blockAt(context, optionalHashParam(params, 2, "at"));
    return toHex(
      callRuntime(context, header, stringParam(params, 0, "method"), hexParam(params, 1, "data")),
    );
  };
  const queryStorageAt = ({ params }: RpcCall): readonly object[] => {
    const block = blockAt(context, optionalHashParam(params, 1, "at"));
    return [changeSet(block, chain.stateOf(block.header), keysParam(params, 0, "keys"))];
  };
  const subscribeVersion = ({ connection }: RpcCall): string =>
    connection.subscribe("state_runtimeVersion", (sink) => {
      const send = ({ header }: ImportedBlock): void =>
        sink.send(versionJson(versionAt(runtime, chain.stateOf(header))));
      send(chain.best);
      return chain.events.subscribe((event) => {
        if (event.type !== "best") return;
        // A reorganisation may also take an upgrade back.
        if ([...event.enacted, ...event.retracted].some(({ header }) => changesRuntime(header)))
          send(event.block);
      });
    });

  return {
    /** Value at a key in hex, or null. */
    state_getStorage: getStorage,
    /** As `state_getStorage`. */
    state_getStorageAt: getStorage,
    /** blake2b-256 of the value at a key, or null. */
    state_getStorageHash: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      const value = trie.get(hexParam(params, 0, "key"));
      return value === undefined ? null : toHex(blake2b256(value));
    },
    /** Bytes of the value at a key, or null. */
    state_getStorageSize: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      return trie.get(hexParam(params, 0, "key"))?.length ?? null;
    },
    /** Keys under a prefix, the first 1,000. */
    state_getKeys: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      return trie.keys(hexParam(params, 0, "prefix"), { limit: MAX_KEYS_PAGE }).map(toHex);
    },
    /** Keys under a prefix, at most 1,000 in a page, after `startKey`. */
    state_getKeysPaged: getKeysPaged,
    /** As `state_getKeysPaged`. */
    state_getKeysPagedAt: getKeysPaged,
    /** Keys under a prefix with their values, the first 1,000. */
    state_getPairs: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      return trie
        .keys(hexParam(params, 0, "prefix"), { limit: MAX_KEYS_PAGE })
        .map((key) => [toHex(key), hexOrNull(trie.get(key))]);
    },
    /**
     * Values of keys at a block, then each change up to another: at most 256 blocks and 8,192 values.
     */
    state_queryStorage: ({ params }) => queryStorage(context, params),
    /** Values of keys at one block. */
    state_queryStorageAt: queryStorageAt,
    /** Nodes of the trie that prove what is at the keys: `{ at, proof }`. */
    state_getReadProof: ({ params }) => {
      const keys = keysParam(params, 0, "keys");
      const block = blockAt(context, optionalHashParam(params, 1, "at"));
      return {
        at: toHex(block.hash),
        proof: createProof(chain.stateOf(block.header), keys).map(toHex),
      };
    },
    /** Metadata of the runtime (V14), SCALE in hex. */
    state_getMetadata: ({ params }) => {
      const { header } = blockAt(context, optionalHashParam(params, 0, "at"));
      const opaque = callRuntime(context, header, "Metadata_metadata", EMPTY);
      return toHex(withoutLength(opaque));
    },
    /** Names, versions and APIs of the runtime. */
    state_getRuntimeVersion: runtimeVersion,
    /** As `state_getRuntimeVersion`. */
    chain_getRuntimeVersion: runtimeVersion,
    /** Runs a function of the runtime on a block's state; what it returns, in hex. */
    state_call: call,
    /** As `state_call`. */
    state_callAt: call,
    /** The runtime's version, now and after each upgrade, in `state_runtimeVersion`. */
    state_subscribeRuntimeVersion: subscribeVersion,
    /** As `state_subscribeRuntimeVersion`. */
    chain_subscribeRuntimeVersion: subscribeVersion,
    /** Ends the subscription; whether there was one. */
    state_unsubscribeRuntimeVersion: unsubscribe,
    /** As `state_unsubscribeRuntimeVersion`. */
    chain_unsubscribeRuntimeVersion: unsubscribe,
    /**
     * Values of keys, now and whenever a best block changes them, in `state_storage`; at most 4,096 keys for a
     * connection.
     */
    state_subscribeStorage: ({ params, connection }) => {
      const keys = isAbsent(params[0]) ? [] : keysParam(params, 0, "keys");
      const count = (watched.get(connection) ?? 0) + keys.length;
      if (count > MAX_WATCHED_KEYS)
        throw limitReached(
          `a connection watches at most ${MAX_WATCHED_KEYS} keys`,
          "end subscriptions that are no longer used",
        );
      watched.set(connection, count);
      return connection.subscribe("state_storage", (sink) => {
        const stop = followStorage(context, keys, sink);
        return () => {
          stop();
          watched.set(connection, (watched.get(connection) ?? 0) - keys.length);
        };
      });
    },
    /** Ends the subscription; whether there was one. */
    state_unsubscribeStorage: unsubscribe,
  };
}

/** Sends the values now, then those that change with the best block. */
function followStorage(
  { chain }: NodeContext,
  keys: readonly Uint8Array[],
  sink: Sink,
): () => void {
  const valuesAt = (state: Trie): (string | null)[] => keys.map((key) => hexOrNull(state.get(key)));
  const names = keys.map(toHex);
  let last = valuesAt(chain.stateOf(chain.best.header));
  sink.send({
    block: toHex(chain.best.hash),
    changes: names.map((name, index) => [name, last[index] ?? null]),
  });
  return chain.events.subscribe((event) => {
    if (event.type !== "best") return;
    const values = valuesAt(chain.stateOf(event.block.header));
    const changes = names.flatMap((name, index) =>
      values[index] === last[index] ? [] : [[name, values[index] ?? null]],
    );
    last = values;
    if (changes.length > 0) sink.send({ block: toHex(event.block.hash), changes });
  });
}

/** Values of keys at `from`, then each change up to `to`. */
function queryStorage(context: NodeContext, params: readonly unknown[]): readonly object[] {
  const { chain } = context;
  const keys = keysParam(params, 0, "keys");
  const from = blockAt(context, hashParam(params, 1, "from"));
  const to = blockAt(context, optionalHashParam(params, 2, "to"));
  const blocks = to.number - from.number + 1;
  if (blocks > MAX_QUERY_BLOCKS || blocks * keys.length > MAX_QUERY_VALUES)
    throw limitReached(
      `at most ${MAX_QUERY_BLOCKS} blocks and ${MAX_QUERY_VALUES} values are read`,
      "ask for a shorter range of blocks or fewer keys",
    );
  const path: ImportedBlock[] = [to];
  while ((path[0] ?? to).number > from.number)
    path.unshift(blockAt(context, (path[0] ?? to).header.parentHash));
  let last: readonly (string | null)[] | undefined;
  return path.flatMap((block) => {
    const state = chain.stateOf(block.header);
    const values = keys.map((key) => hexOrNull(state.get(key)));
    const changes = keys.flatMap((key, index) =>
      last === undefined || last[index] !== values[index] ? [[toHex(key), values[index]]] : [],
    );
    last = values;
    return changes.length > 0 ? [{ block: toHex(block.hash), changes }] : [];
  });
}

function limitReached(message: string, hint: string): PhaError {
  return new PhaError("rpc/limit-reached", message, { hint });
}

function changeSet(block: ImportedBlock, state: Trie, keys: readonly Uint8Array[]): object {
  return {
    block: toHex(block.hash),
    changes: keys.map((key) => [toHex(key), hexOrNull(state.get(key))]),
  };
}

function hexOrNull(value: Uint8Array | undefined): string | null {
  return value === undefined ? null : toHex(value);
}

/** Content of an opaque blob: what follows its compact length. */
function withoutLength(opaque: Uint8Array): Uint8Array {
  const mode = (opaque[0] ?? 0) & 3;
  return opaque.subarray(mode === 0 ? 1 : mode === 1 ? 2 : 4);
}
