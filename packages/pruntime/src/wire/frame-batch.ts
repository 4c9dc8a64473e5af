/**
 * Frames that leave together: what one turn makes goes out in one write.
 *
 * Short frames are joined, long ones go as they are. **Bounds**: the sender's, who takes them out every turn.
 */
export interface FrameBatch {
  add(frame: Uint8Array): void;
  /** What to write, in order. */
  take(): readonly Uint8Array[];
}

/** Copying so much costs less than a write of its own. */
const JOINED_BYTES = 16 << 10;

export function createFrameBatch(): FrameBatch {
  let parts: Uint8Array[] = [];
  let short: Uint8Array[] = [];
  let shortBytes = 0;

  function join(): void {
    const [only] = short;
    if (only === undefined) return;
    if (short.length === 1) parts.push(only);
    else {
      const joined = new Uint8Array(shortBytes);
      let at = 0;
      for (const frame of short) {
        joined.set(frame, at);
        at += frame.length;
      }
      parts.push(joined);
    }
    short = [];
    shortBytes = 0;
  }

  return {
    add(frame) {
      if (frame.length < JOINED_BYTES) {
        short.push(frame);
        shortBytes += frame.length;
        return;
      }
      join();
      parts.push(frame);
    },
    take() {
      join();
      const taken = parts;
      parts = [];
      return taken;
    },
  };
}
