/** A running digest of everything that happens: two runs with the same digest were the same. */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x01000193;
  #events = 0;

  get events(): number {
    return this.#events;
  }

  add(text: string, bytes: Uint8Array = new Uint8Array(0)): void {
    this.#events++;
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
    for (const byte of bytes) this.#mix(byte);
    this.#mix(256);
  }

  /** 16 hex digits. */
  digest(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193) >>> 0;
    this.#high = Math.imul(this.#high ^ (value + (this.#low >>> 15)), 0x85ebca6b) >>> 0;
  }
}
