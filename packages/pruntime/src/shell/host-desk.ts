/**
 * The host is asked for what evidence needs and pRuntime cannot fetch, because it opens no socket: the certificate of an AMD
 * chip's key, Intel's quote of a local report.
 *
 * **Bounds**: a question as evidence is made; each until `ANSWER_MS`, then there is no answer. **Trust**: the host may answer
 * anything; what is not of this machine makes evidence that nobody takes.
 */
import type { AskChipKey } from "../providers/index.ts";
import type { ChipKeyName } from "../wire/index.ts";

/** The host tries several times, and AMD's service is slow to let one ask again. */
const ANSWER_MS = 150_000;

export interface HostDesk<Question> {
  ask(question: Question): Promise<Uint8Array | undefined>;
  /** From now on questions go to the host. */
  connect(send: (id: number, question: Question) => void): void;
  answered(id: number, answer: Uint8Array | undefined): void;
}

/** For questions of one kind: answers of each kind have numbers of their own. */
export function createHostDesk<Question>(answerMs = ANSWER_MS): HostDesk<Question> {
  const asked = new Map<number, (answer: Uint8Array | undefined) => void>();
  let send: ((id: number, question: Question) => void) | undefined;
  let nextId = 1;
  return {
    ask(question) {
      if (send === undefined) return Promise.resolve(undefined);
      const id = nextId++;
      const answer = new Promise<Uint8Array | undefined>((resolve) => {
        const timer = setTimeout(() => {
          // A host that never answers fills no memory.
          asked.delete(id);
          resolve(undefined);
        }, answerMs);
        asked.set(id, (found) => {
          clearTimeout(timer);
          resolve(found);
        });
      });
      send(id, question);
      return answer;
    },
    connect(to) {
      send = to;
    },
    answered(id, answer) {
      asked.get(id)?.(answer);
      asked.delete(id);
    },
  };
}

/** A chip's key by the name that the pipe has for it. */
export function askChipKeyAt(desk: HostDesk<ChipKeyName>): AskChipKey {
  return ({ line, chipId, tcb: { bootloader, tee, snp, microcode, fmc } }) => {
    const versions = { bootloader, tee, snp, microcode, fmc };
    return desk.ask({ line: { type: line, value: undefined }, chipId, ...versions });
  };
}
