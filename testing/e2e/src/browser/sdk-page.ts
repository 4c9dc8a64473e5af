/** A page that asks a node and verifies what it says. */
import { offerCalls } from "./offer-calls.ts";

offerCalls((url) => ({ url, reconnectMs: 0 }));
