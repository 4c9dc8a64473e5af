/** How many requests each client has under way. **Bounds**: one entry per client that has any. */
export interface ClientLimits {
  /** `false` when the client or all together have too many; else give it back with `leave`. */
  enter(client: string): "entered" | "client-full" | "full";
  leave(client: string): void;
  readonly total: number;
}

export function createClientLimits(limits: {
  readonly perClient: number;
  readonly total: number;
}): ClientLimits {
  const clients = new Map<string, number>();
  let total = 0;
  return {
    enter(client) {
      const own = clients.get(client) ?? 0;
      if (own >= limits.perClient) return "client-full";
      if (total >= limits.total) return "full";
      clients.set(client, own + 1);
      total += 1;
      return "entered";
    },
    leave(client) {
      const own = clients.get(client);
      if (own === undefined) return;
      total -= 1;
      if (own === 1) clients.delete(client);
      else clients.set(client, own - 1);
    },
    get total() {
      return total;
    },
  };
}
