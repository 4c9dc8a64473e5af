/** An attack, and the one rule whose absence makes it succeed. */

/** A deliberate weakness: one text of a source file, which is there once, and what is compiled in its place. */
export interface Weakness {
  /** Path from the root of the workspace. */
  readonly file: string;
  readonly text: string;
  readonly instead: string;
}

export interface Outcome {
  readonly succeeded: boolean;
  /** What the attacker got, or what stopped it. */
  readonly says: string;
}

export interface Attack {
  /** Row of the score card. */
  readonly name: string;
  /** The rule that stops it, and its section of the protocol. */
  readonly rule: string;
  readonly weaknesses: readonly Weakness[];
  /** Tries it against whatever build the scenario was compiled with. */
  attempt(): Outcome | Promise<Outcome>;
}
