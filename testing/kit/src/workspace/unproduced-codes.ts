/** Error codes that no test asserts yet. Take out what a test produces; add nothing. */
export const UNPRODUCED: ReadonlySet<string> = new Set([
  "config/other-build",
  "config/state-not-writable",
  "contract/no-abi",
  "devnet/no-free-port",
  "dkg/out-of-turn",
  "usage/bad-cluster",
  "usage/bad-contract",
  "usage/bad-genesis",
  "usage/bad-number",
  "usage/bad-port",
  "verify/demo-differs",
  "worker/does-not-read",
]);
