/**
 * Snapshots of one replica: made a few chunks at a time, voted on when their root is final (protocol §5).
 *
 * A vote names the cluster's keys. One that the chain meets under a later name is void, so it is repeated under that, until
 * a snapshot is final: else a rotation of the state key that falls together with a change of names would never end.
 *
 * **Bounds**: one is made at a time, `CHUNKS_AT_ONCE` chunks at an input; a newer one has to wait for the next occasion.
 * **Not here**: what becomes of the blobs; the host keeps them, and may lose them.
 */
import { blake2b256 } from "@pha/crypto";
import {
  blobRefOf,
  type Cluster,
  type EpochName,
  isSameName,
  type Snapshot,
  SnapshotManifest,
  SnapshotVote,
  TOPIC,
} from "@pha/protocol";
import { encode, equalBytes } from "@pha/scale";
import type { BlobDesk } from "./blob-desk.ts";
import type { Output } from "./inputs.ts";
import type { Outbox } from "./outbox.ts";
import type { ReplicaState } from "./replica-state.ts";
import type { SnapshotWriter } from "./snapshot-writer.ts";

/** Chunks made at one input: 4 MiB, some hundredths of a second. */
export const CHUNKS_AT_ONCE = 16;

interface Making {
  readonly writer: SnapshotWriter;
  readonly name: Omit<Snapshot, "manifest" | "chunks">;
  readonly chunks: Uint8Array[];
  isFinal: boolean;
  /** Complete, and waits for its root. */
  snapshot: Snapshot | undefined;
}

export interface Snapshots {
  /** Begins one of the state as it stands, unless one is being made. */
  begin(state: ReplicaState): void;
  /** Makes the next chunks; votes when all are made and the root is final. */
  pump(record: Cluster): readonly Output[];
  rootFinal(root: Uint8Array): void;
  /** One is final: what was voted for is decided. */
  decided(): void;
  reset(): void;
}

export function createSnapshots(parts: {
  readonly cluster: Uint8Array;
  readonly outbox: Outbox;
  readonly desk: BlobDesk;
}): Snapshots {
  const { cluster, outbox, desk } = parts;
  let making: Making | undefined;
  /** Newest vote that is not decided. */
  let voted: SnapshotVote | undefined;

  function voteFor(snapshot: Snapshot, { generation, epoch }: EpochName): Output {
    voted = { cluster, generation, epoch, snapshot };
    return outbox.send(TOPIC.snapshot, encode(SnapshotVote, voted));
  }

  function makeChunks(of: Making): readonly Output[] {
    const outputs: Output[] = [];
    for (let i = 0; i < CHUNKS_AT_ONCE; i++) {
      const chunk = of.writer.next();
      if (chunk === undefined) {
        const content = encode(SnapshotManifest, { chunks: of.chunks });
        const manifest = blobRefOf(content);
        of.snapshot = { ...of.name, manifest, chunks: of.chunks.length };
        return [...outputs, desk.give("Manifest", cluster, manifest.digest, content)];
      }
      const digest = blake2b256(chunk);
      of.chunks.push(digest);
      outputs.push(desk.give("Chunk", cluster, digest, chunk));
    }
    return outputs;
  }

  return {
    begin(state) {
      if (making !== undefined) return;
      const { index, block, previousRoot, root, keyVersion } = state;
      making = {
        writer: state.snapshot(),
        name: { index, block, previousRoot, root, keyVersion },
        chunks: [],
        isFinal: false,
        snapshot: undefined,
      };
    },
    pump(name) {
      if (voted !== undefined && !isSameName(voted, name)) return [voteFor(voted.snapshot, name)];
      if (making === undefined) return [];
      if (making.snapshot === undefined) return makeChunks(making);
      if (!making.isFinal) return [];
      const { snapshot } = making;
      making = undefined;
      return [
        voteFor(snapshot, name),
        { type: "log", event: "snapshot-made", block: snapshot.block.number, subject: cluster },
      ];
    },
    rootFinal(root) {
      if (making && equalBytes(making.name.root, root)) making.isFinal = true;
    },
    decided() {
      voted = undefined;
    },
    reset() {
      making = undefined;
      voted = undefined;
    },
  };
}
