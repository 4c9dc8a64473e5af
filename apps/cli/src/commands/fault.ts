/** `pha fault …`: the faults that the console of the devnet in this folder offers, from a terminal. */
import { PhaError } from "@pha/scale";
import { CONTROL_HEADER, CONTROL_PATH } from "../devnet/control.ts";
import { readDevnetFile } from "../devnet/devnet-file.ts";
import { FAULTS, type Fault } from "../devnet/faults.ts";
import type { CommandContext, CommandDeclaration } from "../program/command.ts";

const TIMEOUT_MS = 20_000;
const NAMES = FAULTS.join(", ");

interface FaultState {
  readonly targets: Readonly<Record<string, readonly string[]>>;
  readonly active: readonly {
    readonly fault: string;
    readonly target: string;
    /** Unix milliseconds. */
    readonly since: number;
  }[];
}

const list: CommandDeclaration = {
  usage: "list",
  docs: "Shows which faults can be done to whom, and those that last now.",
  examples: ["pha fault list", "pha fault list --json"],
  async run(context) {
    show(context, await ask("GET"));
  },
};

const start: CommandDeclaration = {
  usage: "start <fault> <target>",
  docs: `Does a real fault to the devnet of this folder: ${NAMES}. Partition and tampered-runtime last until they are ended.`,
  examples: ["pha fault start crash worker-2", "pha fault start partition worker-host"],
  async run(context) {
    show(context, await act("start", context));
  },
};

const end: CommandDeclaration = {
  usage: "end <fault> <target>",
  docs: "Mends a fault that lasts.",
  examples: ["pha fault end partition worker-host"],
  async run(context) {
    show(context, await act("end", context));
  },
};

export const faultCommands = [list, start, end];

function act(action: "start" | "end", { args }: CommandContext): Promise<FaultState> {
  const [fault = "", target = ""] = args;
  return ask("POST", { action, fault: faultOf(fault), target });
}

function faultOf(name: string): Fault {
  const found = FAULTS.find((one) => one === name);
  if (found !== undefined) return found;
  throw new PhaError("usage/bad-fault", `${name.slice(0, 40)} is no fault of a devnet`, {
    hint: `Give one of ${NAMES}.`,
  });
}

async function ask(method: "GET" | "POST", body?: object): Promise<FaultState> {
  const { console: base } = await readDevnetFile();
  if (base === null)
    throw new PhaError("devnet/no-control", "the devnet of this folder takes no faults", {
      hint: "It was started from a build without the console, which offers them: start it with `npm start`.",
    });
  const { faults } = await read(`${base}/pha.json`, {});
  const { token } = fields(faults);
  const json = await read(`${base}${CONTROL_PATH}`, {
    method,
    headers: { [CONTROL_HEADER]: String(token) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return stateOf(json);
}

/** @throws PhaError what the devnet says, by its own code, or that it does not answer */
async function read(url: string, init: RequestInit): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  let json: Readonly<Record<string, unknown>>;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    json = fields(await response.json());
  } catch (cause) {
    throw silent(cause);
  }
  if (response.ok) return json;
  const { code, message, hint } = json;
  if (typeof code !== "string" || typeof message !== "string" || typeof hint !== "string")
    throw silent(undefined);
  throw new PhaError(code, message, { hint });
}

function silent(cause: unknown): PhaError {
  return new PhaError("devnet/no-answer", "the devnet of this folder does not answer", {
    hint: "It may be ending. Start it again with `npm start`.",
    cause,
  });
}

function stateOf({ targets, active }: Readonly<Record<string, unknown>>): FaultState {
  const known = fields(targets);
  return {
    targets: Object.fromEntries(FAULTS.map((fault) => [fault, texts(known[fault])])),
    active: (Array.isArray(active) ? active : []).flatMap((one: unknown) => {
      const { fault, target, since } = fields(one);
      return typeof since === "number"
        ? [{ fault: String(fault), target: String(target), since }]
        : [];
    }),
  };
}

function show({ output }: CommandContext, state: FaultState): void {
  const now = Date.now();
  output.result(state, [
    ...FAULTS.map((fault) => `${fault.padEnd(18)} ${state.targets[fault]?.join(", ") ?? ""}`),
    ...state.active.map(
      ({ fault, target, since }) =>
        `ACTIVE  ${fault} of ${target}, for ${Math.round((now - since) / 1_000)} s; end it with \`pha fault end ${fault} ${target}\``,
    ),
  ]);
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
