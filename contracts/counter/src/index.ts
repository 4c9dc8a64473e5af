export { Counter } from "./counter.ts";
