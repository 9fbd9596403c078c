/** In which roles an app or an instance is: those that the framework must be subscribed to. */
export class RoleCounts {
  readonly #counts = new Map<string, number>();
  #version = 0;

  /** Another one whenever the set of roles has changed. */
  get version(): number {
    return this.#version;
  }

  /** Sorted. */
  get roles(): readonly string[] {
    return [...this.#counts.keys()].sort();
  }

  add(role: string): void {
    const count = this.#counts.get(role) ?? 0;
    this.#counts.set(role, count + 1);
    if (count === 0) this.#version += 1;
  }

  remove(role: string): void {
    const count = (this.#counts.get(role) ?? 0) - 1;
    if (count > 0) {
      this.#counts.set(role, count);
      return;
    }
    this.#counts.delete(role);
    this.#version += 1;
  }
}
