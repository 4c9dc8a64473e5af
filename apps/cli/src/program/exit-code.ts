/** Exit codes of `pha`; scripts depend on them. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** Failed in a way that nobody foresaw. */
  unexpected: 1,
  /** Wrong arguments. */
  usage: 2,
  /** Wrong configuration, keys or database. */
  config: 3,
  /** Node or worker host cannot be reached. */
  unreachable: 4,
  /** The account, certificate or key does not allow it. */
  notAuthorised: 5,
  /** Something was not proven: verification refused. */
  notVerified: 6,
  /** The chain, the contract or the builder said no. */
  rejected: 7,
  /** Not within the time. */
  timedOut: 8,
  /** Something must be done or be there first. */
  precondition: 9,
  /** Ended by Ctrl-C. */
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
  ["chain/no-outcome", EXIT.notVerified],
  ["chain/other-network", EXIT.notVerified],
  ["verify/", EXIT.notVerified],
  ["ra-tls/queries-alone", EXIT.usage],
  ["ra-tls/no-answer", EXIT.timedOut],
  ["ra-tls/no-handshake", EXIT.unreachable],
  ["ra-tls/ended", EXIT.unreachable],
  ["ra-tls/", EXIT.notVerified],
  ["channel/no-answer", EXIT.timedOut],
  ["channel/", EXIT.unreachable],
  ["audit/not-declared", EXIT.precondition],
  ["audit/wrong-key", EXIT.notAuthorised],
  ["audit/no-opening", EXIT.precondition],
  ["audit/blob-missing", EXIT.precondition],
  ["audit/engine-ended", EXIT.unexpected],
  ["audit/no-steps", EXIT.precondition],
  ["audit/step-missing", EXIT.precondition],
  ["audit/too-long", EXIT.precondition],
  ["audit/", EXIT.notVerified],
  ["restore/", EXIT.notVerified],
  ["snapshot/", EXIT.notVerified],
  ["history/", EXIT.notVerified],
  ["receipt/not-found", EXIT.precondition],
  ["receipt/", EXIT.notVerified],
  ["reply/blob-missing", EXIT.precondition],
  ["reply/", EXIT.notVerified],
  ["contract/failed", EXIT.rejected],
  ["contract/trapped", EXIT.rejected],
  ["chain/dispatch-failed", EXIT.rejected],
  ["command/not-opened", EXIT.rejected],
  ["command/reply-too-large", EXIT.rejected],
  ["rpc/refused", EXIT.precondition],
  ["rpc/malformed-answer", EXIT.notVerified],
  ["chain/no-staking", EXIT.precondition],
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
  ["provider/", EXIT.precondition],
  ["collector/no-port", EXIT.config],
  ["collector/", EXIT.precondition],
  ["devnet/none-running", EXIT.precondition],
  ["devnet/already-running", EXIT.precondition],
  ["devnet/no-free-port", EXIT.precondition],
  ["command/too-long", EXIT.usage],
  ["usage/", EXIT.usage],
  ["abi/", EXIT.usage],
  ["account/insufficient-funds", EXIT.precondition],
  ["account/", EXIT.usage],
  ["build/", EXIT.rejected],
  ["lint/", EXIT.rejected],
  ["artefact/", EXIT.rejected],
  ["upgrade/not-back", EXIT.timedOut],
  ["upgrade/", EXIT.precondition],
  ["drill/not-done", EXIT.timedOut],
  ["drill/", EXIT.precondition],
  ["worker-config/", EXIT.config],
  ["config/", EXIT.config],
  ["chain-spec/", EXIT.config],
  ["database/", EXIT.config],
  ["keystore/", EXIT.config],
  ["signer/", EXIT.config],
  ["node-key/", EXIT.config],
  ["network/", EXIT.config],
];

export function exitCodeOf(code: string): ExitCode {
  return BY_CODE.find(([prefix]) => code.startsWith(prefix))?.[1] ?? EXIT.unexpected;
}
