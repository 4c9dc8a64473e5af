/** What commands print in a test. */
import { afterEach, beforeEach, vi } from "vitest";

/** What the running test printed so far: nothing reaches the terminal, and no exit code outlives its test. */
export function keepPrinted(): { stdout: string; stderr: string } {
  const printed = { stdout: "", stderr: "" };
  beforeEach(() => {
    for (const name of ["stdout", "stderr"] as const) {
      printed[name] = "";
      vi.spyOn(process[name], "write").mockImplementation((text) => {
        printed[name] += String(text);
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });
  return printed;
}
