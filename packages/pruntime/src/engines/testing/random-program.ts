/** Small programs from a seed: nested loops, texts, lists, maps, patterns, big numbers, closures and failures. */
export function randomProgram(seed: number): string {
  let state = (seed * 2654435761 + 1) >>> 0;
  const pick = (count: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % count;
  };
  const number = () => `${pick(2000) - 500}`;
  const statements = (depth: number): string =>
    Array.from({ length: 1 + pick(4) }, () => statement(depth)).join("\n");
  const statement = (depth: number): string => {
    if (depth > 3) return `n = (n + ${number()}) | 0;`;
    const inner = statements(depth + 1);
    switch (pick(12)) {
      case 0:
        return `for (let i = 0; i < ${1 + pick(12)}; i++) { ${inner} }`;
      case 1:
        return `if (n % ${2 + pick(5)} === 0) { ${inner} } else { n ^= ${number()}; }`;
      case 2:
        return `t += String(n) + "${"xyz".slice(pick(3))}"; if (t.length > 500) t = t.slice(-100);`;
      case 3:
        return `l.push(n); if (l.length > 60) l.splice(${pick(5)}, ${pick(20)}); l.sort((a, b) => a - b);`;
      case 4:
        return `m.set("k" + (n & 31), l.length); n += m.get("k" + ${pick(32)}) ?? 1;`;
      case 5:
        return `n += (t.match(/${["\\d+", "(\\d)(x|y)*", "[xyz]{1,2}", "(?:1|2)+?z"][pick(4)]}/g) ?? []).length;`;
      case 6:
        return `b = (b * ${1 + pick(99)}n + BigInt(n)) % ((1n << ${40 + pick(200)}n) - 1n);`;
      case 7:
        return `n += JSON.parse(JSON.stringify({ n, l: l.slice(0, 9), t: t.slice(0, 20) })).n;`;
      case 8:
        return `f = Math.sin(f + n) * ${1 + pick(9)} + Math.sqrt(Math.abs(n)); n += Math.round(f * 100);`;
      case 9:
        return `try { ${inner} if (n % 3 === ${pick(3)}) throw new Error(t); } catch (e) { n += e.message.length; }`;
      case 10:
        return `n += [...Array(${1 + pick(9)}).keys()].map((x) => x * n).filter((x) => x & 1).length;`;
      default:
        return `{ const o = { n, get twice() { return this.n * 2; } }; const { n: a, ...rest } = o; n = (a + o.twice + Object.keys(rest).length) | 0; }`;
    }
  };
  return `let n = ${number()}, t = "", b = 1n, f = 0.5; const l = [], m = new Map(); ${statements(0)} answer((n ^ Number(b & 0xffffn)) >>> 0)`;
}
