/** Programs heavy in one part of the engine each, with the least fuel that honest metering can find. */
export interface FuelProgram {
  readonly name: string;
  readonly body: string;
  /** Fuel below which work went unmetered. */
  readonly floor: bigint;
}

export const FUEL_PROGRAMS: readonly FuelProgram[] = [
  {
    name: "loop",
    body: "let n = 0; for (let i = 0; i < 20000; i++) n += i; answer(1)",
    floor: 2_000_000n,
  },
  {
    name: "regex",
    body: "/^(a|aa)+$/.test('a'.repeat(22) + 'b'); answer(1)",
    floor: 2_000_000n,
  },
  {
    name: "sort",
    body: "const a = Array.from({ length: 4000 }, (_, i) => (i * 7919) % 4001); a.sort((x, y) => x - y); answer(a[0])",
    floor: 4_000_000n,
  },
  {
    name: "json",
    body: "const t = JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ i, t: 'x' + i }))); JSON.parse(t); answer(t.length)",
    floor: 2_000_000n,
  },
  {
    name: "bigint",
    body: "let x = 3n; for (let i = 0; i < 14; i++) x = x * x; answer(Number(x % 65537n))",
    floor: 1_000_000n,
  },
  {
    name: "garbage",
    body: "for (let i = 0; i < 20000; i++) { const a = {}; a.self = a; } answer(1)",
    floor: 4_000_000n,
  },
  {
    name: "fill",
    body: "for (let i = 0; i < 20; i++) new Uint8Array(100000).fill(i); answer(1)",
    floor: 200_000n,
  },
  {
    name: "copy",
    body: "const a = new Uint8Array(100000); for (let i = 0; i < 50; i++) a.copyWithin(50000, 0, 50000); answer(1)",
    floor: 200_000n,
  },
  {
    name: "text",
    body: "let t = ''; for (let i = 0; i < 3000; i++) t += 'é' + i; answer(t.normalize('NFD').length)",
    floor: 2_000_000n,
  },
  {
    name: "map",
    body: "const m = new Map(); for (let i = 0; i < 5000; i++) m.set('k' + i, i); answer(m.size)",
    floor: 2_000_000n,
  },
  {
    name: "floats",
    body: "let x = 0.5; for (let i = 0; i < 3000; i++) x = Math.sin(x) + Math.exp(-x) + Math.pow(x, 1.5); answer(Math.floor(x * 1e9))",
    floor: 1_000_000n,
  },
];

/** Programs that must end by their stack, never by the machine's. */
export const DEEP_PROGRAMS: Readonly<Record<string, string>> = {
  recursion: "const f = (n) => f(n + 1); try { f(0); } catch {} answer(1)",
  json: "JSON.parse('['.repeat(1e6)); answer(1)",
  stringify: "let o = {}; for (let i = 0; i < 2500; i++) o = { o }; JSON.stringify(o); answer(1)",
  sort: "const f = () => { [3, 2, 1].sort(() => { f(); return 0; }); }; f()",
  replace: "const f = () => 'aa'.replace(/a/g, f); f()",
  regex: "new RegExp('(?:'.repeat(100000) + ')'.repeat(100000)); answer(1)",
  proxy: "const p = new Proxy({}, { get: (t, k) => p[k] }); p.x",
  getter: "const o = { get x() { return this.x; } }; o.x",
  text: "const o = { toString() { return '' + o; } }; '' + o",
  construct: "class A { constructor() { new A(); } } new A()",
  wide: `const f = (${Array.from({ length: 200 }, (_, i) => `a${i}`).join()}) => f(${Array.from({ length: 200 }, (_, i) => `a${i}`).join()}); f()`,
};
