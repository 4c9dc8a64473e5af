/** The engine's side of the mailbox; numbers are the contract kit's. */
export { BOX_BYTES, DATA_AT, FRAME, MAX_CODE_LENGTH, OP } from "@pha/contract/guest";
