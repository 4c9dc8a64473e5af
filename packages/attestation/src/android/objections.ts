import type { KeyDescription } from "./parse.ts";

/** What no production policy may accept of a genuine chain. */
export type AndroidObjection =
  | "software"
  | "no-root-of-trust"
  | "unlocked"
  | "boot-not-verified"
  | "no-boot-key"
  | "key-not-generated"
  | "all-applications";

export function objectionsToAndroid(description: KeyDescription): readonly AndroidObjection[] {
  const { securityLevel, keymasterSecurityLevel, hardwareEnforced } = description;
  const { rootOfTrust: boot, origin, allApplications } = hardwareEnforced;
  const found: AndroidObjection[] = [];
  if (securityLevel === "Software" || keymasterSecurityLevel === "Software") found.push("software");
  if (boot === undefined) found.push("no-root-of-trust");
  else {
    if (!boot.deviceLocked) found.push("unlocked");
    if (boot.verifiedBootState !== "Verified") found.push("boot-not-verified");
    // Zeros are the key of a build that nobody signed.
    if (boot.verifiedBootKey.every((byte) => byte === 0)) found.push("no-boot-key");
  }
  // A key that came from outside may be known outside.
  if (origin !== "generated") found.push("key-not-generated");
  if (allApplications) found.push("all-applications");
  return found;
}
