/**
 * Sends sealed visits, one after the other; tries again when the collector cannot be reached, and gives up.
 *
 * **Bounds**: `MOST_WAITING` boxes, of which the newest are kept; `PAUSES_MS` attempts of each. Nothing is stored: what is
 * not sent when the page goes is lost.
 */
import type { Bytes } from "./seal-visit.ts";

export interface SenderPort {
  /** Status of the answer. */
  readonly post: (box: Bytes) => Promise<number>;
  readonly wait: (ms: number) => Promise<void>;
}

export interface Sender {
  readonly send: (box: Bytes) => void;
  /** Sends what waits at once and without another attempt: the page is going. */
  readonly flush: () => void;
}

export const MOST_WAITING = 32;
export const PAUSES_MS: readonly number[] = [1_000, 4_000, 16_000];

export function createSender({ post, wait }: SenderPort): Sender {
  let waiting: Bytes[] = [];
  let isBusy = false;

  async function run(): Promise<void> {
    if (isBusy) return;
    isBusy = true;
    for (let box = waiting[0]; box !== undefined; box = waiting[0]) {
      for (let attempt = 0; ; attempt++) {
        const status = await post(box).catch(() => 0);
        // What is refused stays refused; a flush may have taken it meanwhile.
        const mayTryAgain = status === 0 || status === 429 || status >= 500;
        const pause = PAUSES_MS[attempt];
        if (!mayTryAgain || pause === undefined || waiting[0] !== box) break;
        await wait(pause);
        if (waiting[0] !== box) break;
      }
      if (waiting[0] === box) waiting.shift();
    }
    isBusy = false;
  }

  return {
    send(box) {
      waiting = [...waiting, box].slice(-MOST_WAITING);
      void run();
    },
    flush() {
      // The first is on its way already, unless it waits for another attempt; sent twice it would be counted twice.
      const rest = isBusy ? waiting.slice(1) : waiting;
      waiting = waiting.slice(0, waiting.length - rest.length);
      for (const box of rest) post(box).catch(() => undefined);
    },
  };
}
