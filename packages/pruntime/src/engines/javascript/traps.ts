/** What ends a call from inside an import; thrown through WebAssembly, so made once and without a stack trace. */
import type { TrapReason } from "../engine.ts";

export class EngineTrap {
  readonly reason: TrapReason;
  constructor(reason: TrapReason) {
    this.reason = reason;
  }
}

/** The host refuses to go on; the call fails with the host's code. */
export class HostRefusal {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
}

export const MEMORY_TRAP = new EngineTrap("memory");
export const ENGINE_TRAP = new EngineTrap("engine");
export const FUEL_TRAP = new EngineTrap("fuel");
