/**
 * The host is asked for the certificate of the chip's key, which pRuntime cannot fetch: it opens no socket.
 *
 * **Bounds**: a question as evidence is made; each until `ANSWER_MS`, then there is no certificate. **Trust**: the host may
 * answer anything; a certificate that is not of this chip's key makes evidence that nobody takes.
 */
import type { AskChipKey } from "../providers/index.ts";
import type { ChipKeyName } from "../wire/index.ts";

/** The host tries several times, and AMD's service is slow to let one ask again. */
const ANSWER_MS = 150_000;

export interface ChipKeyDesk {
  readonly ask: AskChipKey;
  /** From now on questions go to the host. */
  connect(send: (id: number, name: ChipKeyName) => void): void;
  answered(id: number, certificate: Uint8Array | undefined): void;
}

export function createChipKeyDesk(answerMs = ANSWER_MS): ChipKeyDesk {
  const asked = new Map<number, (certificate: Uint8Array | undefined) => void>();
  let send: ((id: number, name: ChipKeyName) => void) | undefined;
  let nextId = 1;
  return {
    ask({ line, chipId, tcb: { bootloader, tee, snp, microcode, fmc } }) {
      if (send === undefined) return Promise.resolve(undefined);
      const id = nextId++;
      const answer = new Promise<Uint8Array | undefined>((resolve) => {
        const timer = setTimeout(() => resolve(undefined), answerMs);
        asked.set(id, (certificate) => {
          clearTimeout(timer);
          resolve(certificate);
        });
      });
      const versions = { bootloader, tee, snp, microcode, fmc };
      send(id, { line: { type: line, value: undefined }, chipId, ...versions });
      return answer;
    },
    connect(to) {
      send = to;
    },
    answered(id, certificate) {
      asked.get(id)?.(certificate);
      asked.delete(id);
    },
  };
}
