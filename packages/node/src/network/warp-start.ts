/**
 * Start in the middle of the chain: the newest final block by a warp proof, then its state, range by range.
 *
 * It happens before the node's services begin, over a network that serves genesis alone; when it is over, the database
 * is one whose finalized block is that one, with a gap below. A start that was cut goes on where it was; when nobody has
 * that block's state any more, it begins with a newer one.
 *
 * **Bounds**: those of the two fetches; the fragments of the proof are held until the state begins. **Trust**: peers are
 * hostile; everything is proven from genesis on.
 */
import {
  createStateSync,
  createWarpSync,
  type Header,
  type LightClientState,
  type StateRange,
  startFromGenesis,
  type WarpFragment,
  WarpProof,
  type WarpStep,
} from "@pha/consensus";
import { type NetworkOptions, type NetworkService, startNetwork } from "@pha/network";
import { decodeStateResponse, encodeStateRequest } from "@pha/network/wire";
import { decode } from "@pha/scale";
import { storageProof } from "@pha/state";
import type { ChainDatabase } from "../database/chain-database.ts";
import type { NodeLog } from "../node-log.ts";
import { type FetchRunner, type FetchRunnerOptions, startFetch } from "./fetch-runner.ts";

export interface WarpStartOptions {
  readonly database: ChainDatabase;
  readonly ready: () => Promise<void>;
  readonly genesisHeader: Header;
  readonly log: NodeLog;
  readonly network: Omit<NetworkOptions, "onEvent" | "onDisconnect" | "onInternalError">;
}

/** @throws PhaError `network/cannot-listen`, and of the database */
export async function startByWarp(options: WarpStartOptions): Promise<void> {
  const { database, genesisHeader, log } = options;
  const peers = new Set<string>();
  let running: FetchRunner | undefined;
  const network: NetworkService = await startNetwork({
    ...options.network,
    onEvent(event) {
      if (event.type === "joined" && event.handshake.role !== "light") {
        peers.add(event.peer);
        running?.joined(event.peer);
      }
      if (event.type === "left") {
        peers.delete(event.peer);
        running?.left(event.peer);
      }
    },
    onDisconnect: (peer, code) => log.debug({ peer, code }, "peer disconnected"),
    onInternalError: (error) => log.error({ error: String(error) }, "a peer's message failed"),
  });

  type Phase<Request, Answer, Found> = Pick<
    FetchRunnerOptions<Request, Answer, Found>,
    "fetch" | "encode" | "decode" | "onFound"
  > & { readonly kind: "warp" | "state"; isOver(nowMs: number): boolean };
  const run = <Request, Answer, Found>(phase: Phase<Request, Answer, Found>): Promise<void> =>
    new Promise((resolve, reject) => {
      const runner = startFetch({
        ...phase,
        ask: (peer, request) => network.request(peer, phase.kind, request),
        report: (peer, code) => network.report(peer, code),
        ready: options.ready,
        onStep(nowMs) {
          if (!phase.isOver(nowMs)) return;
          runner.stop();
          resolve();
        },
        onFailure(error) {
          runner.stop();
          reject(error);
        },
      });
      running = runner;
      for (const peer of peers) runner.joined(peer);
    });

  const warp = async (): Promise<LightClientState> => {
    const set = database.authoritySet();
    const sync = createWarpSync(startFromGenesis({ genesisHeader, set }));
    const fragments: WarpFragment[] = [];
    await run({
      kind: "warp",
      fetch: sync.fetch,
      encode: ({ begin }) => begin,
      decode(bytes) {
        const proof = decode(WarpProof, bytes);
        return proof.ok ? proof.value : undefined;
      },
      onFound(step: WarpStep) {
        // Of the newest block's fragments only those that changed the voters stay of use when another follows.
        fragments.push(...step.fragments);
      },
      isOver: (nowMs) => sync.isFinished(nowMs),
    });
    const { state } = sync;
    if (state.finalized.number > 0) database.putWarp(state, fragments);
    return state;
  };

  /** Whether the whole state is here. */
  const fetchState = async (client: LightClientState, after: Uint8Array): Promise<boolean> => {
    const { hash, stateRoot } = client.finalized;
    const sync = createStateSync({ block: hash, stateRoot, after });
    await run({
      kind: "state",
      fetch: sync.fetch,
      encode: (request) =>
        encodeStateRequest({
          block: request.block,
          start: request.after.length === 0 ? [] : [request.after],
          noProof: false,
        }),
      decode(bytes) {
        const answer = decodeStateResponse(bytes);
        const proof = answer.ok ? decode(storageProof, answer.value.proof) : answer;
        return proof.ok ? proof.value : undefined;
      },
      onFound({ last, nodes }: StateRange) {
        database.putStateRange({ client, after: last }, nodes);
      },
      isOver: () => sync.isComplete || sync.isUnavailable,
    });
    return sync.isComplete;
  };

  try {
    for (;;) {
      const begun = database.warp();
      const client = begun?.client ?? (await warp());
      const { number } = client.finalized;
      if (number === 0) {
        log.info({}, "nothing is final yet: starting from genesis");
        return;
      }
      log.info({ number, isResumed: begun !== undefined }, "fetching the state of a final block");
      const after = begun?.after ?? new Uint8Array(0);
      if (await fetchState(client, after)) {
        database.finishWarp({ client, after });
        log.info({ number }, "the state is here");
        return;
      }
      log.warn({ number }, "nobody has that state any more: looking for a newer block");
      database.dropWarp();
    }
  } finally {
    running?.stop();
    await network.stop();
  }
}
