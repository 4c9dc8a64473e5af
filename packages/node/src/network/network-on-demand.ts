/** A network that opens when it is asked for: a node that nobody connects to loads no libp2p and listens nowhere. */
import type { Justification } from "@pha/consensus";
import type { GrandpaPeerHandler } from "../finality/grandpa-network.ts";
import type { NodeNetwork } from "./node-network.ts";

/** @param start is called once; again, when it failed */
export function networkOnDemand(start: () => Promise<NodeNetwork>): NodeNetwork {
  let network: NodeNetwork | undefined;
  let opening: Promise<void> | undefined;
  let isStopped = false;
  let voter: GrandpaPeerHandler | undefined;
  let detach: (() => void) | undefined;
  let takeJustification: (justification: Justification) => void = () => undefined;

  async function begin(): Promise<void> {
    const started = await start();
    if (isStopped) {
      await started.stop();
      return;
    }
    started.onJustification((justification) => takeJustification(justification));
    if (voter !== undefined) detach = started.grandpa.attach(voter);
    network = started;
  }

  return {
    get peerId() {
      return network?.peerId ?? "";
    },
    open() {
      opening ??= begin().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    listenAddresses: () => network?.listenAddresses() ?? [],
    peers: () => network?.peers() ?? [],
    isSyncing: () => network?.isSyncing() ?? false,
    highestBlock: () => network?.highestBlock() ?? 0,
    holdsAuthoring: () => network?.holdsAuthoring() ?? false,
    grandpa: {
      attach(handler) {
        voter = handler;
        detach = network?.grandpa.attach(handler);
        return () => {
          voter = undefined;
          detach?.();
        };
      },
      send: (peer, bytes) => network?.grandpa.send(peer, bytes),
      report: (peer, code, consequence) => network?.grandpa.report(peer, code, consequence),
      wantBlock: (block) => network?.grandpa.wantBlock(block),
    },
    onJustification(take) {
      takeJustification = take;
    },
    async stop() {
      isStopped = true;
      // One that does not open has nothing to stop.
      await opening?.catch(() => undefined);
      await network?.stop();
    },
  };
}
