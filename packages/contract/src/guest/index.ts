export { MAX_CODE_LENGTH } from "../failure.ts";
export { BOX_BYTES, DATA_AT, FRAME, OP } from "./mailbox.ts";
export { serve } from "./serve.ts";
