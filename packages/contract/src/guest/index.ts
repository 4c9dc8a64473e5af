export { MAX_CODE_LENGTH } from "../failure.ts";
export { createOpenings, MAX_OPENED_BYTES, MAX_OPENED_FIELDS, type Openings } from "../openings.ts";
export { BOX_BYTES, DATA_AT, FRAME, OP } from "./mailbox.ts";
export { serve } from "./serve.ts";
