/** What platforms measure of a build: bundled by itself for `bin/measure.mjs`. */
export { dstackAppCompose } from "./dstack-app.ts";
export { type Image, type ImagesError, type Platform, parseImages } from "./images.ts";
export {
  type ManifestInput,
  type MeasuredImage,
  type MeasurementManifest,
  measurementManifest,
  type PlatformManifest,
} from "./measurement-manifest.ts";
