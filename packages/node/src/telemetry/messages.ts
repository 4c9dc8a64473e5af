/**
 * What a node tells a telemetry server: JSON texts as Substrate's nodes send them.
 *
 * Names, heights and hashes leave the machine, and so does its address; that is why nobody is told unless asked for.
 */

export interface TelemetryNode {
  readonly chain: string;
  readonly name: string;
  readonly version: string;
  /** Hex. */
  readonly genesisHash: string;
  /** Peer id; empty for a node that is alone. */
  readonly networkId: string;
  readonly isAuthority: boolean;
}

export interface TelemetryBlock {
  /** Hex. */
  readonly hash: string;
  readonly number: number;
}

export interface TelemetryInterval {
  readonly peers: number;
  readonly best: TelemetryBlock;
  readonly finalized: TelemetryBlock;
  readonly readyTransactions: number;
}

export type TelemetryEvent =
  | { readonly type: "connected"; readonly node: TelemetryNode; readonly startedAtMs: number }
  | { readonly type: "interval"; readonly state: TelemetryInterval }
  | { readonly type: "import"; readonly block: TelemetryBlock }
  | { readonly type: "finalized"; readonly block: TelemetryBlock };

/** Number of this node on the connection: there is one. */
const CONNECTION = 1;

/** @param nowMs Unix time */
export function telemetryText(event: TelemetryEvent, nowMs: number): string {
  return JSON.stringify({
    id: CONNECTION,
    ts: new Date(nowMs).toISOString(),
    payload: payloadOf(event),
  });
}

function payloadOf(event: TelemetryEvent): object {
  switch (event.type) {
    case "connected": {
      const { chain, name, version, genesisHash, networkId, isAuthority } = event.node;
      return {
        msg: "system.connected",
        chain,
        name,
        implementation: "Pha Node",
        version,
        config: "",
        genesis_hash: genesisHash,
        network_id: networkId,
        authority: isAuthority,
        startup_time: String(event.startedAtMs),
      };
    }
    case "interval": {
      const { peers, best, finalized, readyTransactions } = event.state;
      return {
        msg: "system.interval",
        peers,
        best: best.hash,
        height: best.number,
        finalized_hash: finalized.hash,
        finalized_height: finalized.number,
        txcount: readyTransactions,
      };
    }
    case "import":
      return { msg: "block.import", best: event.block.hash, height: event.block.number };
    case "finalized":
      return {
        msg: "notify.finalized",
        best: event.block.hash,
        // The one height that is a text there.
        height: String(event.block.number),
      };
  }
}
