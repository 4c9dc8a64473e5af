/** What the page that deploys contracts needs, loaded with it. */
export { deployContract } from "@pha/sdk/deploy";
