/**
 * Messages for a peer whose substream is full.
 *
 * **Bounds**: `maxMessages` and `maxBytes`. What happens above them depends on what the messages are: of announces only
 * the newest count, transactions will be offered by others, and votes that are missing stop a voter, so such a
 * substream is better closed.
 */
export interface QueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly whenFull: "drop-oldest" | "drop-newest" | "close";
}

export interface SendQueue {
  /** `full`: the substream must be closed. */
  push(message: Uint8Array): "queued" | "dropped" | "full";
  shift(): Uint8Array | undefined;
  readonly length: number;
  /** Messages that were let go. */
  readonly dropped: number;
}

export function createSendQueue({ maxMessages, maxBytes, whenFull }: QueueLimits): SendQueue {
  const messages: Uint8Array[] = [];
  let bytes = 0;
  let dropped = 0;
  const fits = (message: Uint8Array): boolean =>
    messages.length < maxMessages && bytes + message.length <= maxBytes;
  const shift = (): Uint8Array | undefined => {
    const message = messages.shift();
    bytes -= message?.length ?? 0;
    return message;
  };
  return {
    push(message) {
      while (whenFull === "drop-oldest" && messages.length > 0 && !fits(message)) {
        shift();
        dropped++;
      }
      if (!fits(message)) {
        if (whenFull === "close") return "full";
        dropped++;
        return "dropped";
      }
      messages.push(message);
      bytes += message.length;
      return "queued";
    },
    shift,
    get length() {
      return messages.length;
    },
    get dropped() {
      return dropped;
    },
  };
}
