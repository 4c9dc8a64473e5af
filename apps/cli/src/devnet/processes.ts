/** Processes of this machine, as `ps` lists them. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Ended, and not looked after by its parent yet. */
  readonly isGone: boolean;
  readonly command: string;
}

export async function listProcesses(): Promise<readonly Process[]> {
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,ppid=,stat=,args="], {
    maxBuffer: 16 << 20,
  });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined
      ? []
      : [
          {
            pid: Number(pid),
            parent: Number(parent),
            isGone: state?.startsWith("Z") === true,
            command: command ?? "",
          },
        ];
  });
}
