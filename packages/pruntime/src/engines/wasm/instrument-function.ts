/**
 * Rewrites one function body so that it pays fuel, bounds the stack and never makes an odd NaN.
 *
 * - Each straight segment pays for its instructions at its head. Fuel is checked at function entry and loop heads.
 * - A function with a loop keeps fuel in a local, written back around calls; others use the global.
 * - Functions that call add their frame to a height counter and take it off when they leave.
 * - Setting the C stack pointer records its lowest value and traps below the limit.
 */
import { assert } from "@pha/scale";
import { type WasmReader, WasmWriter } from "./leb.ts";
import { BULK, type Instruction, OP, readInstruction, TYPE } from "./opcodes.ts";

/** Where the instrumentor keeps its numbers. */
export interface Globals {
  /** C stack pointer of the module. */
  readonly stackPointer: number;
  /** i64: what is left; negative when spent. */
  readonly fuel: number;
  /** i32: estimated bytes of native stack in use. */
  readonly height: number;
  /** i32: lowest C stack pointer since the host set it. */
  readonly lowest: number;
}

export interface StackLimits {
  /** Greatest height, in estimated bytes. */
  readonly height: number;
  /** Least C stack pointer. */
  readonly pointer: number;
}

/** Bytes of a native frame beside its locals. */
const FRAME_BYTES = 96;
const BYTES_PER_LOCAL = 8;
/** Fuel of entering a function. */
const ENTRY_COST = 4;

const KIND = {
  charge: 0,
  loop: 1,
  call: 2,
  return: 3,
  setPointer: 4,
  bulk: 5,
  demote: 6,
} as const;

interface Event {
  readonly kind: number;
  /** Offset of the instruction. */
  readonly at: number;
  /** Offset behind it. */
  readonly behind: number;
  /** Segment's cost, or depth of a return. */
  value: number;
}

/** @param reader at the body's locals; its end is the body's end */
export function instrumentFunction(
  reader: WasmReader,
  paramCount: number,
  resultType: number,
  globals: Globals,
  limits: StackLimits,
): Uint8Array {
  const localsAt = reader.at;
  const groups = reader.u32();
  let localCount = paramCount;
  for (let i = 0; i < groups; i++) {
    localCount += reader.u32();
    reader.u8();
  }
  const localsEnd = reader.at;
  const scan = scanBody(reader, globals.stackPointer);

  const locals = {
    fuel: localCount,
    size: localCount + 1,
    float: localCount + 2,
  };
  const out = new WasmWriter((reader.end - localsAt) * 2);
  out.u32(groups + 3);
  const head = new Uint8Array(reader.bytes.subarray(localsAt, localsEnd));
  out.raw(head.subarray(sizeOfU32(groups)));
  out.op(1, TYPE.i64, 1, TYPE.i32, 1, TYPE.f32);

  const inLocal = scan.loops;
  const height = scan.calls ? FRAME_BYTES + BYTES_PER_LOCAL * localCount : 0;

  const trapWhenSpent = () => {
    // i64 on the stack.
    out.op(OP.i64Const, 0, OP.i64LtS, OP.if, TYPE.empty);
    if (inLocal) spill();
    out.op(OP.unreachable, OP.end);
  };
  const spill = () => {
    out.op(OP.localGet);
    out.u32(locals.fuel);
    out.op(OP.globalSet);
    out.u32(globals.fuel);
  };
  const load = () => {
    out.op(OP.globalGet);
    out.u32(globals.fuel);
    out.op(OP.localSet);
    out.u32(locals.fuel);
  };
  const pushFuel = () => {
    out.op(inLocal ? OP.localGet : OP.globalGet);
    out.u32(inLocal ? locals.fuel : globals.fuel);
  };
  const popFuel = () => {
    out.op(inLocal ? OP.localSet : OP.globalSet);
    out.u32(inLocal ? locals.fuel : globals.fuel);
  };
  const charge = (cost: number) => {
    if (cost === 0) return;
    pushFuel();
    out.op(OP.i64Const);
    out.signed(cost);
    out.op(OP.i64Sub);
    popFuel();
  };
  const chargeAndCheck = (cost: number) => {
    charge(cost);
    pushFuel();
    trapWhenSpent();
  };
  const addHeight = (op: number) => {
    out.op(OP.globalGet);
    out.u32(globals.height);
    out.op(OP.i32Const);
    out.signed(height);
    out.op(op, OP.globalSet);
    out.u32(globals.height);
  };

  if (inLocal) load();
  chargeAndCheck(scan.entryCost + ENTRY_COST);
  if (height > 0) {
    addHeight(OP.i32Add);
    out.op(OP.globalGet);
    out.u32(globals.height);
    out.op(OP.i32Const);
    out.signed(limits.height);
    out.op(OP.i32GtU, OP.if, TYPE.empty);
    if (inLocal) spill();
    out.op(OP.unreachable, OP.end);
  }
  // Takes the place of the function's own label: what left the function now leaves this block.
  out.op(OP.block, resultType);

  const { bytes } = reader;
  let copied = localsEnd;
  const copyTo = (offset: number) => {
    out.raw(bytes.subarray(copied, offset));
    copied = offset;
  };
  for (const event of scan.events) {
    switch (event.kind) {
      case KIND.charge:
        copyTo(event.at);
        charge(event.value);
        break;
      case KIND.loop:
        copyTo(event.behind);
        chargeAndCheck(event.value);
        break;
      case KIND.call:
        if (!inLocal) break;
        copyTo(event.at);
        spill();
        copyTo(event.behind);
        load();
        break;
      case KIND.return:
        copyTo(event.at);
        out.op(OP.br);
        out.u32(event.value);
        copied = event.behind;
        break;
      case KIND.setPointer:
        copyTo(event.behind);
        out.op(OP.globalGet);
        out.u32(globals.stackPointer);
        out.op(OP.globalGet);
        out.u32(globals.lowest);
        out.op(OP.i32LtU, OP.if, TYPE.empty, OP.globalGet);
        out.u32(globals.stackPointer);
        out.op(OP.globalSet);
        out.u32(globals.lowest);
        out.op(OP.globalGet);
        out.u32(globals.stackPointer);
        out.op(OP.i32Const);
        out.signed(limits.pointer);
        out.op(OP.i32LtU, OP.if, TYPE.empty);
        if (inLocal) spill();
        out.op(OP.unreachable, OP.end, OP.end);
        break;
      case KIND.bulk:
        // The size in bytes is on top of the stack: an eighth of it is the price.
        copyTo(event.at);
        out.op(OP.localTee);
        out.u32(locals.size);
        pushFuel();
        out.op(OP.localGet);
        out.u32(locals.size);
        out.op(OP.i64ExtendI32U, OP.i64Const, 3, OP.i64ShrU, OP.i64Sub);
        popFuel();
        copyTo(event.behind);
        break;
      default:
        // A NaN's sign and payload are the machine's choice: the canonical one takes its place.
        copyTo(event.behind);
        out.op(OP.localTee);
        out.u32(locals.float);
        out.op(OP.f32Const, 0, 0, 0xc0, 0x7f, OP.localGet);
        out.u32(locals.float);
        out.op(OP.localGet);
        out.u32(locals.float);
        out.op(OP.f32Eq, OP.select);
    }
  }
  copyTo(reader.end);
  // The copied bytes ended with the function's `end`, which now closes the block.
  if (inLocal) spill();
  if (height > 0) addHeight(OP.i32Sub);
  out.op(OP.end);
  return out.finish();
}

interface Scan {
  readonly events: readonly Event[];
  /** Cost of the segment at the function's head. */
  readonly entryCost: number;
  readonly loops: boolean;
  readonly calls: boolean;
}

function scanBody(reader: WasmReader, stackPointer: number): Scan {
  const events: Event[] = [];
  const instruction: Instruction = { op: 0, immediate: 0, cost: 0 };
  let depth = 0;
  let loops = false;
  let calls = false;
  let entryCost = 0;
  let open: Event | undefined;

  const add = (kind: number, at: number, value: number): Event => {
    const event = { kind, at, behind: reader.at, value };
    events.push(event);
    return event;
  };
  /** A segment that begins behind the instruction just read. */
  const begin = () => {
    open = { kind: KIND.charge, at: reader.at, behind: reader.at, value: 0 };
    events.push(open);
  };

  for (;;) {
    const at = reader.at;
    readInstruction(reader, instruction);
    const { op, cost, immediate } = instruction;
    if (open) open.value += cost;
    else entryCost += cost;
    switch (op) {
      case OP.block:
        depth++;
        break;
      case OP.loop:
        depth++;
        loops = true;
        open = add(KIND.loop, at, 0);
        break;
      case OP.if:
        depth++;
        begin();
        break;
      case OP.else:
      case OP.br:
      case OP.brIf:
      case OP.brTable:
      case OP.unreachable:
        begin();
        break;
      case OP.end:
        if (depth === 0) {
          assert(reader.at === reader.end, "a body ends with its last end");
          return { events, entryCost, loops, calls };
        }
        depth--;
        begin();
        break;
      case OP.return:
        add(KIND.return, at, depth);
        begin();
        break;
      case OP.call:
      case OP.callIndirect:
        calls = true;
        add(KIND.call, at, 0);
        break;
      case OP.globalSet:
        if (immediate === stackPointer) add(KIND.setPointer, at, 0);
        break;
      case OP.f32DemoteF64:
        add(KIND.demote, at, 0);
        break;
      case OP.prefix:
        if (immediate === BULK.memoryCopy || immediate === BULK.memoryFill) add(KIND.bulk, at, 0);
        break;
    }
  }
}

function sizeOfU32(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}
