/** Protocols of the network: names, limits of their messages. */
import { toHex } from "@pha/scale";

export type NotificationKind = "block-announces" | "transactions" | "grandpa";
export type RequestKind = "sync" | "state" | "light" | "warp" | "kad";

export interface NotificationLimits {
  readonly maxHandshakeBytes: number;
  readonly maxMessageBytes: number;
}

export interface RequestLimits {
  readonly maxRequestBytes: number;
  readonly maxResponseBytes: number;
}

const SUFFIXES: Readonly<Record<NotificationKind | RequestKind, string>> = {
  "block-announces": "block-announces/1",
  transactions: "transactions/1",
  grandpa: "grandpa/1",
  sync: "sync/2",
  state: "state/2",
  light: "light/2",
  warp: "sync/warp",
  kad: "kad",
};

export const NOTIFICATION_LIMITS: Readonly<Record<NotificationKind, NotificationLimits>> = {
  "block-announces": { maxHandshakeBytes: 128, maxMessageBytes: 1 << 20 },
  transactions: { maxHandshakeBytes: 16, maxMessageBytes: 4 << 20 },
  grandpa: { maxHandshakeBytes: 16, maxMessageBytes: 1 << 20 },
};

export const REQUEST_LIMITS: Readonly<Record<RequestKind, RequestLimits>> = {
  sync: { maxRequestBytes: 1 << 10, maxResponseBytes: 16 << 20 },
  state: { maxRequestBytes: 4 << 10, maxResponseBytes: 8 << 20 },
  // A call may carry an extrinsic.
  light: { maxRequestBytes: (1 << 20) + 4096, maxResponseBytes: 16 << 20 },
  warp: { maxRequestBytes: 32, maxResponseBytes: 16 << 20 },
  kad: { maxRequestBytes: 16 << 10, maxResponseBytes: 64 << 10 },
};

export const NOTIFICATION_KINDS: readonly NotificationKind[] = [
  "block-announces",
  "transactions",
  "grandpa",
];
export const REQUEST_KINDS: readonly RequestKind[] = ["sync", "state", "light", "warp", "kad"];

/** Chains differ in their genesis, so their protocols have other names and do not meet. */
export function protocolName(
  genesisHash: Uint8Array,
  kind: NotificationKind | RequestKind,
): string {
  return `/${toHex(genesisHash).slice(2)}/${SUFFIXES[kind]}`;
}
