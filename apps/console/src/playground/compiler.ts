/** TypeScript over files in memory: the program of a check, and what an editor asks of it. */
import ts from "typescript";
import { ENTRY, LIBRARY, MODULES } from "./library.ts";
import type { Completion } from "./protocol.ts";

export interface Compiler {
  /** Text of the author's file. */
  setSource(text: string): void;
  source(): string;
  openProgram(options: ts.CompilerOptions): ts.Program;
  complete(at: number): readonly Completion[];
  explain(at: number): string | undefined;
}

const MOST_COMPLETIONS = 80;

/** @param options of every program */
export function createCompiler(options: ts.CompilerOptions): Compiler {
  let source = "";
  let version = 0;
  const read = (path: string): string | undefined => (path === ENTRY ? source : LIBRARY.get(path));
  const paths = Object.fromEntries(Object.entries(MODULES).map(([name, file]) => [name, [file]]));
  const settings: ts.CompilerOptions = { ...options, paths };
  const service = ts.createLanguageService({
    getCompilationSettings: () => settings,
    getScriptFileNames: () => [ENTRY],
    getScriptVersion: (path) => (path === ENTRY ? `${version}` : "0"),
    getScriptSnapshot(path) {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => "/",
    getDefaultLibFileName: (of) => `/lib/${ts.getDefaultLibFileName(of)}`,
    fileExists: (path) => read(path) !== undefined,
    readFile: read,
    directoryExists: () => true,
    getDirectories: () => [],
  });
  return {
    setSource(text) {
      if (text === source) return;
      source = text;
      version++;
    },
    source: () => source,
    openProgram() {
      const program = service.getProgram();
      // A host with a root file always has one.
      if (program === undefined) throw new Error("the language service has no program");
      return program;
    },
    complete(at) {
      const found = service.getCompletionsAtPosition(ENTRY, at, {});
      return (found?.entries ?? []).slice(0, MOST_COMPLETIONS * 20).map(({ name, kind }) => ({
        label: name,
        kind,
        detail: "",
      }));
    },
    explain(at) {
      const info = service.getQuickInfoAtPosition(ENTRY, at);
      return info && ts.displayPartsToString(info.displayParts);
    },
  };
}
