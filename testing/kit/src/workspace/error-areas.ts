/** What an area of error codes is about, and what a person can do when the place of the error does not say it. */
export interface ErrorArea {
  readonly about: string;
  readonly hint: string;
}

const OTHER_NODE =
  "Ask another node or worker; this one sent something that the chain's voters did not sign.";
const REPORT = "This is a defect of Pha: keep the log and report it.";
const UPDATE = "Use programs of the same release on both sides.";

export const ERROR_AREAS: Readonly<Record<string, ErrorArea>> = {
  abi: {
    about: "arguments of a contract's method",
    hint: "See the contract's methods and types with `pha call --help` or its `.pha.json`.",
  },
  account: {
    about: "accounts and secret URIs",
    hint: "Give an SS58 address, or a phrase or `//Name` as secret URI.",
  },
  analytics: {
    about: "the contract `analytics`",
    hint: "Read the contract's methods; aggregates are for its owner.",
  },
  android: {
    about: "key attestation of Android devices",
    hint: "Make a new key with attestation on a locked device, and give its whole chain.",
  },
  answer: {
    about: "a worker's answer to a query, refused by the client",
    hint: "Ask again or ask another replica; do not trust this answer.",
  },
  appraisal: {
    about: "evidence that is genuine and not good enough for the policy",
    hint: "Do what `fix` of the unmet demand says, or change the policy.",
  },
  attestation: {
    about: "evidence of hardware vendors: quotes, certificates, revocation lists, collateral",
    hint: "Use genuine, current evidence and collateral of the same platform, and a clock that is right.",
  },
  artefact: {
    about: "contract artefacts (`.pha.json`)",
    hint: "Build the artefact anew with `pha build` and upload it unchanged.",
  },
  babe: { about: "right to author a block, and its seal", hint: OTHER_NODE },
  beefy: { about: "BEEFY commitments and Merkle mountain ranges", hint: OTHER_NODE },
  ballot: {
    about: "the sample contract `ballot` of the console",
    hint: "Read the contract's methods; a ballot is closed by its owner.",
  },
  batch: {
    about: "a batch of finalized blocks for pRuntime",
    hint: "The host relays again from the last block that pRuntime took; if it goes on, connect it to another node.",
  },
  block: {
    about: "content of a block",
    hint: "The block is refused; look for a node of another version or with another genesis.",
  },
  build: {
    about: "building a contract",
    hint: "Correct the contract's source where the message points.",
  },
  cbor: {
    about: "CBOR inside attestation tokens",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  audit: {
    about: "what the history of a cluster shows without any key",
    hint: "Ask another node; if all say the same, the cluster's majority is to blame: trust nothing that it answers.",
  },
  blob: {
    about: "blobs that the chain refers to and nodes keep",
    hint: "Take the blob from whoever made it, or from another node; this one is damaged or another.",
  },
  cca: {
    about: "attestation tokens of Arm CCA realms",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  certificate: {
    about: "certificates for queries",
    hint: "Issue a new certificate with the right scope, audience and expiry.",
  },
  channel: {
    about: "attested channels over RA-TLS, once they are open",
    hint: "Open another channel; ask queries of the release's own form, and read their answers.",
  },
  chain: {
    about: "what the client asks of the chain",
    hint: "Check endpoint and network, then try again.",
  },
  cid: {
    about: "names of blobs",
    hint: "Give a CIDv1 in base32, codec raw, hash blake2b-256, as the node shows it.",
  },
  checkpoint: {
    about: "a checkpoint for light clients",
    hint: "Ask again when the chain has finalized a block of its second epoch, at a node that keeps the headers.",
  },
  "chain-spec": {
    about: "the chain specification",
    hint: "Use the chain specification that belongs to this network.",
  },
  cli: {
    about: "the `pha` program itself",
    hint: "Run again with --debug and report what it prints.",
  },
  collateral: {
    about: "what vendors say about platforms, as a chain keeps it",
    hint: "Submit what the vendor publishes now with `PhaAttestation.submit_collateral`; whoever has it may.",
  },
  cluster: {
    about: "clusters that cannot take a command now",
    hint: "Look in which state the cluster is: `pha status`.",
  },
  collector: {
    about: "a collector of sealed visits",
    hint: "See how the collector stands with `GET /v1/site`, and docs/how-to/analytics.md.",
  },
  command: {
    about: "confidential commands",
    hint: "Seal the command again with the contract's current key and send that.",
  },
  config: {
    about: "the configuration of a program",
    hint: "Correct the field that the message names in the configuration file.",
  },
  console: {
    about: "the web console",
    hint: "Load the page again; if it stays, keep the message and report it.",
  },
  contract: {
    about: "calls of contracts",
    hint: "Read the contract's documentation of the method; its state did not change.",
  },
  cose: {
    about: "signed messages inside attestation tokens",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  counter: {
    about: "the contract `counter`",
    hint: "Read the contract's methods; some are for its owner.",
  },
  crypto: {
    about: "keys and addresses",
    hint: "Copy the address or the secret again; a character is wrong or missing.",
  },
  database: {
    about: "the node's database",
    hint: "Check disk and permissions; the node recovers from its journal when started again.",
  },
  delta: {
    about: "sealed changes of a cluster's state",
    hint: "Fetch the step from another node; the content is not what the replicas signed.",
  },
  devnet: {
    about: "the development network",
    hint: "Run `npm start`, or stop the network that runs.",
  },
  dkg: {
    about: "making a generation's key together",
    hint: "The run goes on without the seat that the error names; its operator should look at its log.",
  },
  election: {
    about: "elections of validators that a node computes beside the chain",
    hint: "The chain elects without this node's solution; report it if it happens again.",
  },
  engine: {
    about: "the process that runs contracts",
    hint: "The call failed and changed nothing; make the contract smaller or simpler.",
  },
  equivocation: {
    about: "proofs that a voter voted twice",
    hint: "Send the proof as the node that saw both votes gave it.",
  },
  evidence: {
    about: "attestation evidence",
    hint: "Restart the worker so that it makes new evidence; if it goes on, its platform is not supported.",
  },
  extrinsic: {
    about: "signed transactions",
    hint: "Sign again with the current nonce, era and metadata of the chain.",
  },
  "fork-tree": {
    about: "the tree of unfinalized blocks",
    hint: "The block is ignored until its parents are known; nothing to do.",
  },
  genesis: {
    about: "the first block",
    hint: "Use the chain specification or genesis hash of this network.",
  },
  grandpa: {
    about: "finality as the node keeps it",
    hint: "Start the node again; if it goes on, compare its clock and version with the others.",
  },
  gossip: {
    about: "what peers say about finality",
    hint: "Nothing to do: the node drops the message, and the peer when it goes on.",
  },
  header: { about: "block headers", hint: OTHER_NODE },
  history: { about: "blocks from which a cluster's state is restored", hint: OTHER_NODE },
  http: { about: "requests to a worker host", hint: "Correct the request as the message says." },
  images: {
    about: "images of pRuntime that `deploy/images.json` lists",
    hint: "Write the entry anew from what the platform's tool prints; `node bin/measure.mjs` says which members it has.",
  },
  import: {
    about: "import of a block",
    hint: "The block is refused and the chain goes on; compare versions if it is the majority's.",
  },
  justification: { about: "GRANDPA justifications", hint: OTHER_NODE },
  keystore: { about: "the node's keys", hint: "Write the secret URI into the key file again." },
  light: { about: "the light client", hint: OTHER_NODE },
  metadata: { about: "runtime metadata", hint: UPDATE },
  nitro: {
    about: "attestation documents of AWS Nitro enclaves",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  node: {
    about: "the chain node",
    hint: "Read the log above the error; the node starts again from its journal.",
  },
  notebook: {
    about: "the sample contract `notebook` of the console",
    hint: "The note is for the contract's owner.",
  },
  padding: { about: "size buckets of messages", hint: "Send a shorter message, or split it." },
  paravisor: {
    about: "reports of the paravisor of Azure's confidential machines",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  pipe: { about: "pipes between our processes", hint: UPDATE },
  pool: {
    about: "the transaction pool",
    hint: "Wait for earlier transactions, or send with a higher tip.",
  },
  proof: { about: "storage read proofs", hint: OTHER_NODE },
  provider: {
    about: "the platform that gives evidence",
    hint: "Check that the platform's devices and files are there and open to pRuntime.",
  },
  pruntime: { about: "pRuntime itself", hint: REPORT },
  psa: {
    about: "attestation tokens of Arm's Platform Security Architecture",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  query: {
    about: "confidential queries",
    hint: "Refresh the session with the worker and ask again.",
  },
  receipt: {
    about: "receipts of commands, verified without a network",
    hint: "Believe nothing that the receipt is said to prove; ask whoever gave it for the file as it was made.",
  },
  release: {
    about: "release of a cluster's key to a worker",
    hint: "The worker asks again when it is registered, assigned and attested; see its evidence and the allow-list.",
  },
  replica: {
    about: "a replica as the client judges it",
    hint: "Choose another replica, or trust no answer until the worker registers again.",
  },
  reply: {
    about: "sealed replies to commands",
    hint: "Wait for the command's block to be finalized and ask a replica of the contract's cluster.",
  },
  restore: {
    about: "restoring a cluster's state",
    hint: "Fetch the missing steps from another node; what was final is public.",
  },
  rpc: {
    about: "requests to the node",
    hint: "Correct the request or the endpoint as the message says.",
  },
  runtime: {
    about: "runtime calls",
    hint: "Use a call of the chain's metadata, with arguments of its types.",
  },
  scale: {
    about: "SCALE encodings",
    hint: "The bytes were cut, changed or made by another version; make them again.",
  },
  "sealed-store": {
    about: "what pRuntime keeps sealed on disk",
    hint: "Start with an empty store: pRuntime makes new keys and restores state from the chain.",
  },
  smoldot: {
    about: "the light client smoldot under the SDK",
    hint: "Check the chain spec, its boot nodes and the version of smoldot.",
  },
  snp: {
    about: "attestation reports of AMD SEV-SNP",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  start: {
    about: "start of pRuntime",
    hint: "Give pRuntime the genesis of its network and a store of its own.",
  },
  snapshot: {
    about: "snapshots of a cluster's state",
    hint: "pRuntime turns to another source by itself; name more worker hosts as peers if none has a good one.",
  },
  "state-range": { about: "ranges of a block's state from peers", hint: OTHER_NODE },
  submit: {
    about: "the queue of messages to the chain",
    hint: "The host submits again by itself; give its operator account funds if it cannot.",
  },
  tpm: {
    about: "quotes of TPM 2.0",
    hint: "Take new evidence from the same platform and give it unchanged, with the certificates that belong to it.",
  },
  usage: { about: "how a command was called", hint: "See the command's --help." },
  upgrade: {
    about: "going over to another pRuntime",
    hint: "Nothing was changed; see `pha policy show` and docs/operations/upgrades.md.",
  },
  drill: {
    about: "break-glass",
    hint: "See what the report says, and docs/operations/break-glass.md.",
  },
  verify: {
    about: "checking the chain of trust",
    hint: "Read which link failed; do not send secrets before all hold.",
  },
  version: {
    about: "versions of programs",
    hint: "Write three numbers with dots between them, such as 1.2.3; the last two are below 256.",
  },
  vetkd: {
    about: "deriving and delivering keys",
    hint: "The share is refused naming its seat; enough others give the key all the same.",
  },
  view: {
    about: "questions to the Wasm at `:code`",
    hint: "Ask an entry point that the module has, with its own encoded arguments; a full node answers what views cannot judge.",
  },
  voter: {
    about: "the GRANDPA voter",
    hint: "Never start two voters with one key; restore the newest record of votes.",
  },
  keeper: {
    about:
      "what a worker host asks of vendors' services: the collateral keeper, and what evidence needs",
    hint: "Look at the service that the line names, and at `collateral` and `tdQuoteUrl` in the host's configuration; the keeper asks again in its next round, and pRuntime when it makes evidence.",
  },
  "ra-tls": {
    about: "TLS connections whose ends show evidence of what they are (RA-TLS)",
    hint: "Do not talk to this end: its certificate or its evidence is not what its platform made for this key and connection.",
  },
  warp: { about: "proofs of finality that leave out blocks", hint: OTHER_NODE },
  wallet: {
    about: "wallets of people, in pages",
    hint: "See what the wallet shows, unlock it, and try again; nothing was sent.",
  },
  worker: { about: "the worker host", hint: "Ask again soon or choose another worker." },
  "worker-config": {
    about: "the worker host's configuration",
    hint: "Correct the field that the message names.",
  },
  sync: {
    about: "blocks that a peer sends",
    hint: "The peer is disconnected and blocks are asked from others; nothing to do.",
  },
  wire: {
    about: "bytes of the network protocols",
    hint: "The peer is disconnected; if every peer does this, run a newer release.",
  },
  network: {
    about: "the node's part of the network",
    hint: "Check addresses and ports, then start the node again.",
  },
  signer: {
    about: "the process that has a validator's keys",
    hint: "Read the log above the error; never let two nodes sign with one keystore.",
  },
  "node-key": {
    about: "the key that names a node in the network",
    hint: "Restore the key's file, or remove it and let the node make another.",
  },
  peer: {
    about: "why a peer was sent away or not let in",
    hint: "The other node's operator should look at its log; ours goes on with others.",
  },
  request: {
    about: "a request to a peer",
    hint: "The node asks another peer by itself; with no other, give it more boot nodes.",
  },
};
