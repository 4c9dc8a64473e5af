/** The thread of a `SignatureQueue` as a program of its own: it starts in a tenth of the time that the node takes. */
import { parentPort } from "node:worker_threads";
import { assert } from "@pha/scale";
import { serveSignatures } from "./signature-worker.ts";

assert(parentPort !== null, "the node starts this program as a thread");
serveSignatures(parentPort);
