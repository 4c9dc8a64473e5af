export { electOnChain, MAX_ON_CHAIN_VOTERS, plancksPerVote } from "./on-chain.ts";
