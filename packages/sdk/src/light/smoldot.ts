/**
 * The part of npm `smoldot` that is used, and how it comes: an optional peer dependency, loaded when it is first needed.
 *
 * Types of our own, so that this package builds and is read without it.
 */
import { PhaError } from "@pha/scale";

/** The part of smoldot's chain that is used. */
export interface SmoldotChain {
  sendJsonRpc(request: string): void;
  /** Rejects when the chain was removed or the client crashed. */
  nextJsonRpcResponse(): Promise<string>;
  remove(): void;
}

/** The part of smoldot's client that is used. */
export interface SmoldotClient {
  addChain(options: {
    readonly chainSpec: string;
    readonly databaseContent?: string;
  }): Promise<SmoldotChain>;
  terminate(): Promise<void>;
}

/** @throws PhaError `smoldot/not-installed` */
export async function loadSmoldot(
  load: () => Promise<{ start(options: object): SmoldotClient }> = () => import("smoldot"),
): Promise<SmoldotClient> {
  try {
    const { start } = await load();
    return start({ maxLogLevel: 1 });
  } catch (cause) {
    throw new PhaError("smoldot/not-installed", "the package smoldot cannot be loaded", {
      hint: "Install it beside this package, `npm install smoldot@3.4.1`, or start it yourself and give its client as `smoldot`.",
      cause,
    });
  }
}
