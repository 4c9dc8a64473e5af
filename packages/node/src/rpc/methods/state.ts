/** `state_*`: storage, proofs, runtime calls and the runtime's version. */
import { blake2b256 } from "@pha/crypto";
import { PhaError } from "@pha/scale";
import { createProof, type Trie } from "@pha/state";
import type { ImportedBlock } from "../../chain/chain.ts";
import { toHex } from "../../hex.ts";
import { versionJson } from "../block-json.ts";
import type { MethodGroup, RpcCall, Sink } from "../method.ts";
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
/** Blocks that one `state_queryStorage` walks. */
const MAX_QUERY_BLOCKS = 256;
const EMPTY = new Uint8Array(0);

export function stateMethods(context: NodeContext): MethodGroup {
  const { chain, runtime } = context;
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
      throw new PhaError("rpc/limit-reached", `a page has at most ${MAX_KEYS_PAGE} keys`, {
        facts: { limit: MAX_KEYS_PAGE },
        hint: "ask for smaller pages, each after the last key of the one before",
      });
    const after = optionalHexParam(params, 2, "startKey");
    const trie = stateAt(context, optionalHashParam(params, 3, "at"));
    return trie.keys(prefix, { limit, ...(after ? { after } : {}) }).map(toHex);
  };
  const runtimeVersion = ({ params }: RpcCall): object => {
    blockAt(context, optionalHashParam(params, 0, "at"));
    return versionJson(runtime.version);
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
      sink.send(versionJson(runtime.version));
      return () => {};
    });

  return {
    state_getStorage: getStorage,
    state_getStorageAt: getStorage,
    state_getStorageHash: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      const value = trie.get(hexParam(params, 0, "key"));
      return value === undefined ? null : toHex(blake2b256(value));
    },
    state_getStorageSize: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      return trie.get(hexParam(params, 0, "key"))?.length ?? null;
    },
    state_getKeys: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      return trie.keys(hexParam(params, 0, "prefix"), { limit: MAX_KEYS_PAGE }).map(toHex);
    },
    state_getKeysPaged: getKeysPaged,
    state_getKeysPagedAt: getKeysPaged,
    state_getPairs: ({ params }) => {
      const trie = stateAt(context, optionalHashParam(params, 1, "at"));
      return trie
        .keys(hexParam(params, 0, "prefix"), { limit: MAX_KEYS_PAGE })
        .map((key) => [toHex(key), hexOrNull(trie.get(key))]);
    },
    state_queryStorage: ({ params }) => queryStorage(context, params),
    state_queryStorageAt: queryStorageAt,
    state_getReadProof: ({ params }) => {
      const keys = keysParam(params, 0, "keys");
      const block = blockAt(context, optionalHashParam(params, 1, "at"));
      return {
        at: toHex(block.hash),
        proof: createProof(chain.stateOf(block.header), keys).map(toHex),
      };
    },
    state_getMetadata: ({ params }) => {
      const { header } = blockAt(context, optionalHashParam(params, 0, "at"));
      const opaque = callRuntime(context, header, "Metadata_metadata", EMPTY);
      return toHex(withoutLength(opaque));
    },
    state_getRuntimeVersion: runtimeVersion,
    chain_getRuntimeVersion: runtimeVersion,
    state_call: call,
    state_callAt: call,
    state_subscribeRuntimeVersion: subscribeVersion,
    chain_subscribeRuntimeVersion: subscribeVersion,
    state_unsubscribeRuntimeVersion: unsubscribe,
    chain_unsubscribeRuntimeVersion: unsubscribe,
    state_subscribeStorage: ({ params, connection }) => {
      const keys = isAbsent(params[0]) ? [] : keysParam(params, 0, "keys");
      return connection.subscribe("state_storage", (sink) => followStorage(context, keys, sink));
    },
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
  if (to.number - from.number >= MAX_QUERY_BLOCKS)
    throw new PhaError("rpc/limit-reached", `at most ${MAX_QUERY_BLOCKS} blocks are walked`, {
      facts: { limit: MAX_QUERY_BLOCKS },
      hint: "ask for a shorter range of blocks",
    });
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
