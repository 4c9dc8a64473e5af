/**
 * Keys of a cluster's former names, held as long as commands may wait that were sealed to them (protocol §4).
 *
 * Which names these are is said by the cluster's record. Before a replica has all their keys it does not serve, so that it
 * opens what every other one opens. A closed name's key is kept until this replica has caught up with the roots that were
 * final when it was closed, and is then overwritten.
 *
 * **Bounds**: `MAX_FORMERS` names, and as many closed ones.
 */
import { type EpochName, type Generation, isSameName, type KeyRelease } from "@pha/protocol";
import type { EpochKey } from "./epoch-key.ts";
import { createSealingSecrets, type SealingSecrets } from "./execution.ts";
import type { Output } from "./inputs.ts";

export interface FormerKeys {
  /** All keys are there. */
  readonly complete: boolean;
  /** Names whose keys are held or asked for, closed ones included. */
  readonly count: number;
  sealingOf(name: EpochName): SealingSecrets | undefined;
  /** The record names these; a key that is `present` passes over to them, others are asked for. */
  take(names: readonly EpochName[], present: EpochKey | undefined): void;
  /** The record names only these any more; what is held beside them goes with `eraseClosed`. */
  close(names: readonly EpochName[]): void;
  eraseClosed(): void;
  request(): readonly Output[];
  release(sender: Uint8Array, release: KeyRelease): readonly Output[];
  generationsProven(records: readonly Generation[]): readonly Output[];
  end(): void;
}

interface Former {
  readonly key: EpochKey;
  sealing: SealingSecrets | undefined;
  closed: boolean;
}

export function createFormerKeys(newKey: (name: EpochName) => EpochKey): FormerKeys {
  let formers: readonly Former[] = [];

  function erase({ key, sealing }: Former): void {
    key.erase();
    sealing?.erase();
  }

  return {
    get complete() {
      return formers.every(({ key, closed }) => closed || key.vetKey !== undefined);
    },
    get count() {
      return formers.length;
    },
    sealingOf(name) {
      const former = formers.find(({ key }) => isSameName(key, name));
      if (former?.key.vetKey === undefined) return undefined;
      former.sealing ??= createSealingSecrets(former.key.vetKey);
      return former.sealing;
    },
    take(names, present) {
      const known = formers;
      formers = names.map((name) => {
        const held = known.find(({ key }) => isSameName(key, name));
        if (held) return { ...held, closed: false };
        const passesOver = present !== undefined && isSameName(present, name);
        return {
          key: passesOver ? present : newKey(name),
          sealing: undefined,
          closed: false,
        };
      });
      for (const one of known) if (!formers.some(({ key }) => key === one.key)) erase(one);
    },
    close(names) {
      for (const one of formers) one.closed = !names.some((name) => isSameName(name, one.key));
    },
    eraseClosed() {
      for (const one of formers) if (one.closed) erase(one);
      formers = formers.filter(({ closed }) => !closed);
    },
    request: () => formers.flatMap(({ key, closed }) => (closed ? [] : key.request())),
    release: (sender, release) => formers.flatMap(({ key }) => key.release(sender, release)),
    generationsProven: (records) =>
      formers.flatMap(({ key }) => {
        const record = records.find(({ generation }) => generation === key.generation);
        return record ? key.generationProven(record) : [];
      }),
    end() {
      for (const one of formers) erase(one);
      formers = [];
    },
  };
}
