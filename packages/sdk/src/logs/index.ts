export { type LogLook, type LogOptions, type LogReader, noLog, openLog } from "./read-log.ts";
