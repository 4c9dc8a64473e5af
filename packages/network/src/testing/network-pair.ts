/** Networks on loopback, for tests: each with a chain of its own in memory. */
import { blake2b256 } from "@pha/crypto";
import { utf8 } from "@pha/scale";
import type { NetworkChain } from "../network-chain.ts";
import { startNetwork } from "../network-service.ts";
import type {
  DisconnectCode,
  NetworkEvent,
  NetworkOptions,
  NetworkService,
} from "../network-types.ts";

export interface TestNetwork {
  readonly network: NetworkService;
  readonly events: readonly NetworkEvent[];
  readonly disconnects: readonly { readonly peer: string; readonly code: DisconnectCode }[];
  readonly errors: readonly unknown[];
  /** The first event that fits, when it is there. */
  event<T extends NetworkEvent["type"]>(
    type: T,
    fits?: (event: Extract<NetworkEvent, { type: T }>) => boolean,
  ): Promise<Extract<NetworkEvent, { type: T }>>;
  /** Why a peer was disconnected, when it is. */
  sentAway(peer: string): Promise<DisconnectCode>;
}

export async function openTestNetwork(
  name: string,
  chain: NetworkChain,
  options: Partial<NetworkOptions> = {},
): Promise<TestNetwork> {
  const events: NetworkEvent[] = [];
  const disconnects: { peer: string; code: DisconnectCode }[] = [];
  const errors: unknown[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  const until = <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const network = await startNetwork({
    chain,
    role: "full",
    seed: blake2b256(utf8(name)),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    ...options,
    onEvent(event) {
      events.push(event);
      wake();
    },
    onDisconnect(peer, code) {
      disconnects.push({ peer, code });
      wake();
    },
    onInternalError: (error) => errors.push(error),
  });
  return {
    network,
    events,
    disconnects,
    errors,
    event: <T extends NetworkEvent["type"]>(
      type: T,
      fits: (event: Extract<NetworkEvent, { type: T }>) => boolean = () => true,
    ) =>
      until(() =>
        events.find(
          (event): event is Extract<NetworkEvent, { type: T }> =>
            // The type was compared, so it is the member of the union that has it.
            event.type === type && fits(event as Extract<NetworkEvent, { type: T }>),
        ),
      ),
    sentAway: (peer) => until(() => disconnects.find((one) => one.peer === peer)?.code),
  };
}

/** Where a network can be dialled. */
export function addressOf({ network }: TestNetwork): {
  readonly id: string;
  readonly address: string;
} {
  const [address] = network.listenAddresses();
  if (address === undefined) throw new Error("the network listens");
  return { id: network.peerId, address };
}
