/**
 * What dstack measures of an application: the bytes of `app-compose.json`, as events of register 3.
 *
 * The machine has no id of its own in its register (`no_instance_id`), or each would have another measurement; its image is
 * named in the file, or the environment, which nothing measures, would name it.
 */
import { sha256 } from "@pha/crypto";
import { assert, equalBytes, fail, ok, type Result, utf8 } from "@pha/scale";
import { dstackEvent, type LoggedEvent, replayEvents } from "../intel/event-log.ts";
import type { BootEvent } from "./images.ts";

/** What the recipe has in the place of the image's name. */
const IMAGE = /\$\{PHA_IMAGE:\?[^}]*\}/g;
const APP_ID_BYTES = 20;
/** Register that dstack's events are measured into. */
const EVENTS_REGISTER = 3;

/** @param compose the rendered recipe `dstack/compose.yaml` @param image its name and digest */
export function dstackAppCompose(compose: string, image: string): string {
  assert(compose.match(IMAGE)?.length === 1, "the recipe asks for one image");
  // In the order of the names, without spaces: as dstack's own tools write what they hash.
  return JSON.stringify({
    allowed_envs: [],
    docker_compose_file: compose.replace(IMAGE, () => image),
    features: [],
    gateway_enabled: false,
    kms_enabled: false,
    local_key_provider_enabled: true,
    manifest_version: 2,
    name: "pha-worker",
    no_instance_id: true,
    public_logs: false,
    public_sysinfo: false,
    runner: "docker-compose",
    secure_time: true,
  });
}

export interface DstackApp {
  /** SHA-256 of `app-compose.json`. */
  readonly composeHash: Uint8Array;
  /** Its first 20 bytes. */
  readonly appId: Uint8Array;
  /** Those that depend on the application alone, as they are measured. */
  readonly events: readonly LoggedEvent[];
}

export function dstackApp(appCompose: string): DstackApp {
  const composeHash = sha256(utf8(appCompose));
  const appId = composeHash.slice(0, APP_ID_BYTES);
  const events = [
    dstackEvent("app-id", appId),
    dstackEvent("compose-hash", composeHash),
    dstackEvent("instance-id", new Uint8Array(0)),
  ];
  return { composeHash, appId, events };
}

/** The name of an event that a machine should have measured once, and did otherwise. */
export interface DstackBootError {
  readonly code: "images/other-application";
  readonly event: string;
}

/**
 * Register 3 of a machine that booted with these events.
 *
 * What the application's events say is demanded, each once and in their order; what else a release of dstack measures is
 * the machine's.
 */
export function dstackRegister(
  { events: wanted }: DstackApp,
  boot: readonly BootEvent[],
): Result<Uint8Array, DstackBootError> {
  let last = -1;
  for (const { name = "", payload } of wanted) {
    const at = boot.findIndex((event) => event.name === name);
    const found = boot[at];
    const repeated = boot.findLastIndex((event) => event.name === name) !== at;
    if (found === undefined || repeated || at <= last || !equalBytes(found.payload, payload))
      return fail({ code: "images/other-application", event: name });
    last = at;
  }
  return ok(replayBoot(boot));
}

/** Register 3 after these events, whatever they say. */
export function replayBoot(boot: readonly BootEvent[]): Uint8Array {
  const replayed = replayEvents(boot.map(({ name, payload }) => dstackEvent(name, payload)));
  const register = replayed[EVENTS_REGISTER];
  assert(register !== undefined, "a replay gives four registers");
  return register;
}
