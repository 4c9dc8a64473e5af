/** What Vite makes of imports that are no code. */
declare module "*?worker&url" {
  const url: string;
  // biome-ignore lint/style/noDefaultExport: it is what such a module has
  export default url;
}
declare module "*?url" {
  const url: string;
  // biome-ignore lint/style/noDefaultExport: it is what such a module has
  export default url;
}
declare module "*?raw" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: it is what such a module has
  export default text;
}
interface ImportMeta {
  /** Texts of the files that match, by path; a literal is needed. */
  glob(
    patterns: readonly string[],
    options: { readonly query: "?raw"; readonly import: "default"; readonly eager: true },
  ): Readonly<Record<string, string>>;
}
