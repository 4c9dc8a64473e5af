/** What `npm run vectors` runs a second time, bundled with the half of crypto that browsers have. */
export { evidenceVerdicts } from "./attestation.ts";
