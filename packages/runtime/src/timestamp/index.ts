export { now, TIMESTAMP_INHERENT, Timestamp, type TimestampConfig } from "./pallet.ts";
