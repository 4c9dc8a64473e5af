/**
 * Network namespaces joined by a bridge, where the machine allows: each has one link to the others, which can be cut, and
 * one to the test alone, over which it asks RPC.
 */
import { spawnSync } from "node:child_process";

export interface Namespace {
  readonly name: string;
  /** Address among the namespaces. */
  readonly address: string;
  /** Address that the test reaches. */
  readonly rpcAddress: string;
  /** Program and arguments in front of a command that runs in it. */
  readonly within: readonly string[];
  /** Takes its link to the others away, or gives it back. */
  setLink(state: "up" | "down"): void;
}

export interface Namespaces {
  readonly all: readonly Namespace[];
  remove(): void;
}

const BRIDGE = "pha-br";

/** Why there can be none; `undefined`: there can. */
export function whyNoNamespaces(): string | undefined {
  const probe = `${BRIDGE}-probe`.slice(0, 15);
  for (const [args, what] of [
    [["netns", "add", probe], "network namespaces cannot be made"],
    [["link", "add", probe, "type", "bridge"], "bridges cannot be made"],
  ] as const) {
    const { status } = spawnSync("ip", args, { stdio: "ignore" });
    if (status !== 0) {
      removeProbe(probe);
      return what;
    }
  }
  removeProbe(probe);
  return undefined;
}

function removeProbe(probe: string): void {
  spawnSync("ip", ["link", "del", probe], { stdio: "ignore" });
  spawnSync("ip", ["netns", "del", probe], { stdio: "ignore" });
}

export function openNamespaces(count: number): Namespaces {
  removeAll(count);
  ip("link", "add", BRIDGE, "type", "bridge");
  ip("link", "set", BRIDGE, "up");
  const all = Array.from({ length: count }, (_, i) => open(i + 1));
  return { all, remove: () => removeAll(count) };
}

function open(id: number): Namespace {
  const name = `pha-${id}`;
  const address = `10.77.0.${id}`;
  const rpcAddress = `10.78.${id}.2`;
  ip("netns", "add", name);
  ip("-n", name, "link", "set", "lo", "up");
  // To the others, through the bridge.
  ip("link", "add", `pha-n${id}`, "type", "veth", "peer", "name", "peers", "netns", name);
  ip("link", "set", `pha-n${id}`, "master", BRIDGE);
  ip("link", "set", `pha-n${id}`, "up");
  ip("-n", name, "addr", "add", `${address}/24`, "dev", "peers");
  ip("-n", name, "link", "set", "peers", "up");
  // To the test.
  ip("link", "add", `pha-r${id}`, "type", "veth", "peer", "name", "rpc", "netns", name);
  ip("addr", "add", `10.78.${id}.1/24`, "dev", `pha-r${id}`);
  ip("link", "set", `pha-r${id}`, "up");
  ip("-n", name, "addr", "add", `${rpcAddress}/24`, "dev", "rpc");
  ip("-n", name, "link", "set", "rpc", "up");
  return {
    name,
    address,
    rpcAddress,
    within: ["ip", "netns", "exec", name],
    setLink: (state) => ip("link", "set", `pha-n${id}`, state),
  };
}

function removeAll(count: number): void {
  for (let id = 1; id <= count; id++) {
    for (const link of [`pha-n${id}`, `pha-r${id}`])
      spawnSync("ip", ["link", "del", link], { stdio: "ignore" });
    spawnSync("ip", ["netns", "del", `pha-${id}`], { stdio: "ignore" });
  }
  spawnSync("ip", ["link", "del", BRIDGE], { stdio: "ignore" });
}

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${stderr}`);
}
