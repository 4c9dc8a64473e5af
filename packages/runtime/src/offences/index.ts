export type { Equivocation, EquivocationHandler, ReportProblem } from "./equivocation-port.ts";
export { equivocationFraction, unresponsiveFraction } from "./fractions.ts";
export { equivocations, noteAuthor, Offences, offenceSessions, punishAbsent } from "./pallet.ts";
