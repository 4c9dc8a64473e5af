/** The documents as a site, for benches. */
export { buildSite } from "./build-site.ts";
export { siteDocuments } from "./site-map.ts";
