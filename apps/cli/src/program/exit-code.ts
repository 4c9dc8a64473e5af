/** Exit codes of `pha`; scripts depend on them. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  config: 3,
  unreachable: 4,
  notAuthorised: 5,
  notVerified: 6,
  rejected: 7,
  timedOut: 8,
  precondition: 9,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Prefixes of error codes; the first that matches counts. */
const BY_CODE: readonly (readonly [string, ExitCode])[] = [
  ["rpc/unreachable", EXIT.unreachable],
  ["rpc/not-connected", EXIT.unreachable],
  ["rpc/connection-lost", EXIT.unreachable],
  ["worker/unreachable", EXIT.unreachable],
  ["worker/none-reachable", EXIT.unreachable],
  ["rpc/timed-out", EXIT.timedOut],
  ["chain/not-reached", EXIT.timedOut],
  ["chain/not-finalized", EXIT.timedOut],
  ["command/no-reply", EXIT.timedOut],
  ["command/not-final", EXIT.timedOut],
  ["query/timed-out", EXIT.timedOut],
  ["certificate/", EXIT.notAuthorised],
  ["query/bad-session-signature", EXIT.notAuthorised],
  ["light/", EXIT.notVerified],
  ["answer/", EXIT.notVerified],
  ["chain/bad-proof", EXIT.notVerified],
  ["chain/other-network", EXIT.notVerified],
  ["verify/", EXIT.notVerified],
  ["contract/failed", EXIT.rejected],
  ["contract/trapped", EXIT.rejected],
  ["chain/dispatch-failed", EXIT.rejected],
  ["command/not-opened", EXIT.rejected],
  ["rpc/refused", EXIT.precondition],
  ["chain/unknown-call", EXIT.precondition],
  ["chain/unknown-extension", EXIT.precondition],
  ["chain/bad-metadata", EXIT.precondition],
  ["worker/malformed", EXIT.precondition],
  ["chain/extrinsic-gone", EXIT.precondition],
  ["contract/no-sealing-key", EXIT.precondition],
  ["contract/unknown", EXIT.precondition],
  ["contract/no-abi", EXIT.precondition],
  ["contract/other-abi", EXIT.precondition],
  ["worker/refused", EXIT.precondition],
  ["query/", EXIT.precondition],
  ["devnet/none-running", EXIT.precondition],
  ["devnet/already-running", EXIT.precondition],
  ["devnet/no-free-port", EXIT.precondition],
  ["command/too-long", EXIT.usage],
  ["usage/", EXIT.usage],
  ["abi/", EXIT.usage],
  ["account/", EXIT.usage],
  ["build/", EXIT.rejected],
  ["lint/", EXIT.rejected],
  ["artefact/", EXIT.rejected],
  ["config/", EXIT.config],
];

export function exitCodeOf(code: string): ExitCode {
  return BY_CODE.find(([prefix]) => code.startsWith(prefix))?.[1] ?? EXIT.unexpected;
}
