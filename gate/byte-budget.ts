/** So many bytes, shared by whoever takes of them; what is taken must be given back. */
export class ByteBudget {
  readonly #limitBytes: number;
  #used = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Takes all of them or none; whether they were there. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#limitBytes) return false;
    this.#used += bytes;
    return true;
  }

  /** For what cannot be refused: others get less until it is given back. */
  takeAnyway(bytes: number): void {
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}
