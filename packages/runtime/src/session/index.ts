export type { SessionHandler, SessionManager } from "./declaration.ts";
export { isOwnershipProof } from "./ownership.ts";
export {
  disableValidator,
  isDisabled,
  Session,
  type SessionGenesis,
  sessionIndex,
  validators,
} from "./pallet.ts";
export { rotateSession } from "./rotation.ts";
export { KEY_KINDS, KEY_TYPE_IDS, KeyedValidator, type KeyKind, SessionKeys } from "./types.ts";
