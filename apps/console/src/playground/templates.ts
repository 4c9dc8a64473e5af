/** Sources to begin with. The counter is the file that the devnet's own counter is built of. */
const TEXTS = import.meta.glob(
  ["../../../../contracts/counter/src/counter.ts", "./templates/*.ts"],
  { query: "?raw", import: "default", eager: true },
);

function textOf(name: string): string {
  const [, text] = Object.entries(TEXTS).find(([path]) => path.endsWith(`/${name}.ts`)) ?? [];
  // The pattern above names them.
  if (text === undefined) throw new Error(`there is no sample ${name}`);
  return text;
}

export const TEMPLATES = {
  counter: textOf("counter"),
  ballot: textOf("ballot"),
  notebook: textOf("notebook"),
} as const;
export type TemplateName = keyof typeof TEMPLATES;
export const TEMPLATE_NAMES: readonly TemplateName[] = ["counter", "ballot", "notebook"];
