/** Entropy, for shells only: a core takes it as an argument. */
import { backend } from "#backend";

/** Fresh bytes from the operating system. */
export const randomBytes = (bytes: number): Uint8Array => backend.randomBytes(bytes);
