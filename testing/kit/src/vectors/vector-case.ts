/** One check of a third-party vector file. */
export interface VectorCase {
  readonly name: string;
  /** Throws when the case fails; returns a reason when it cannot be run here. */
  readonly run: () => undefined | { readonly skip: string };
}

/** Cases of a file, or `undefined` when the file is of another format. */
export type VectorLoader = (file: {
  readonly name: string;
  readonly bytes: Uint8Array;
}) => readonly VectorCase[] | undefined;
