/**
 * Handshakes and messages of the notification protocols: who a peer is, blocks it has, transactions.
 *
 * Votes travel in messages of `@pha/consensus`; here they are bytes.
 *
 * @see polkadot-spec "Network messages"
 */
import { Header } from "@pha/consensus";
import {
  bool,
  boundedBytes,
  type Codec,
  checked,
  fixedBytes,
  mapCodec,
  type Reader,
  struct,
  u8,
  u32,
  vec,
} from "@pha/scale";

export type Role = "full" | "light" | "authority";

const ROLES: Readonly<Record<Role, number>> = { full: 1, light: 2, authority: 4 };
const ROLE_OF_NUMBER: ReadonlyMap<number, Role> = new Map([
  [1, "full"],
  [2, "light"],
  [4, "authority"],
]);

/** Handshake of `transactions/1` and `grandpa/1`. */
export const RoleHandshake: Codec<Role> = mapCodec(
  checked(u8, (number) => ROLE_OF_NUMBER.has(number)),
  (number): Role => ROLE_OF_NUMBER.get(number) ?? "full",
  (role) => ROLES[role],
);

export interface BlockAnnounceHandshake {
  readonly role: Role;
  readonly bestNumber: number;
  /** 32 bytes. */
  readonly bestHash: Uint8Array;
  /** 32 bytes. */
  readonly genesisHash: Uint8Array;
}

export const BlockAnnounceHandshake: Codec<BlockAnnounceHandshake> = struct({
  role: RoleHandshake,
  bestNumber: u32,
  bestHash: fixedBytes(32),
  genesisHash: fixedBytes(32),
});

export interface BlockAnnounce {
  readonly header: Header;
  /** The announcer's best block. */
  readonly isBest: boolean;
  /** Of no use to us, and empty on every chain that is known. */
  readonly data: Uint8Array;
}

export const BlockAnnounce: Codec<BlockAnnounce> = struct({
  header: Header,
  isBest: bool,
  data: boundedBytes(1024),
});

/** Longest extrinsic. */
export const MAX_EXTRINSIC_BYTES = 1 << 20;
/** Extrinsics of one message. */
export const MAX_GOSSIPED_EXTRINSICS = 4096;

/** Extrinsics as bodies hold them: with their length inside. */
export const GossipedExtrinsics: Codec<readonly Uint8Array[]> = vec(
  {
    ...boundedBytes(MAX_EXTRINSIC_BYTES),
    write: (writer, bytes) => writer.raw(bytes),
    read(reader: Reader) {
      const start = reader.offset;
      boundedBytes(MAX_EXTRINSIC_BYTES).read(reader);
      return reader.bytes.subarray(start, reader.offset);
    },
  },
  MAX_GOSSIPED_EXTRINSICS,
);
