/** Entry of the bundled `pha` program. */
import { runProgram } from "./program/program.ts";

await runProgram(process.argv);
