/**
 * What makes receipts of answers, by the activity that they came with: it holds question and answer, so it is in no component.
 *
 * **Bounds**: `MOST_ENTRIES`; the oldest goes. It ends with the page.
 */

const MOST_ENTRIES = 60;

type Maker = () => Promise<Uint8Array>;

const makers = new Map<number, Maker>();

export function keepAnswer(activity: number, make: Maker): void {
  makers.set(activity, make);
  for (const oldest of makers.keys()) {
    if (makers.size <= MOST_ENTRIES) break;
    makers.delete(oldest);
  }
}

export function hasAnswer(activity: number): boolean {
  return makers.has(activity);
}

/** `undefined` of an answer that is not kept any more. */
export async function receiptOf(activity: number): Promise<Uint8Array | undefined> {
  return makers.get(activity)?.();
}
