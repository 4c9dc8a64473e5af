/** Starts a process before its owner is there: it loads while the host still connects to its node. */
import type { LinkEvents, OpenLink, PRuntimeCommand } from "./pruntime-link.ts";

export interface AheadLink {
  /** The first call takes over the running process. */
  readonly open: OpenLink;
  /** Ends the process if nobody took it. */
  abandon(): void;
}

export function openAhead(open: OpenLink, command: PRuntimeCommand): AheadLink {
  let owner: LinkEvents | undefined;
  let isFree = true;
  const link = open(command, {
    onMessage: (id, message, body) => owner?.onMessage(id, message, body),
    onEnd: (reason) => {
      isFree = false;
      owner?.onEnd(reason);
    },
  });
  return {
    open: (next, events) => {
      if (!isFree) return open(next, events);
      isFree = false;
      owner = events;
      return link;
    },
    abandon() {
      if (isFree) link.close();
      isFree = false;
    },
  };
}
