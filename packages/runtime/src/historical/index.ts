export {
  Historical,
  historicalSessions,
  isSlotOfSession,
  MembershipProof,
  ownerOfKey,
  proveKey,
} from "./pallet.ts";
