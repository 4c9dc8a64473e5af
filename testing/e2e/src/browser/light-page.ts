/** A page with a light client in it, which asks no node by name. */
import { connectLight } from "@pha/sdk/light";
import { offerCalls } from "./offer-calls.ts";

offerCalls((chainSpec) => connectLight({ chainSpec }));
