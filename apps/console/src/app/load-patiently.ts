/** Attempts at loading a part of the console; between them its server gets time to come back. */
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 250;

/** @throws what the last attempt threw */
export async function loadPatiently<T>(
  load: () => Promise<T>,
  pause: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await load();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
}
