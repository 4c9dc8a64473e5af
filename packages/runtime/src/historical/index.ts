export {
  Historical,
  historicalSessions,
  isRemembered,
  isSlotOfSession,
  MembershipProof,
  ownerOfKey,
  proveKey,
} from "./pallet.ts";
