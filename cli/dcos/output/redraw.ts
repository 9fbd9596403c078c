/** A few lines on a terminal that are drawn anew in their place. */
import type {World} from '../world.ts';
import {plainText} from './table.ts';

export class Redraw {
  readonly #world: Pick<World, 'stdout'>;
  #height = 0;

  constructor(world: Pick<World, 'stdout'>) {
    this.#world = world;
  }

  /** Lines are cut at the edge: one that goes on in the next row could not be taken back. */
  draw(lines: readonly string[]): void {
    const {stdout} = this.#world;
    const width = Math.max(20, stdout.columns ?? 80);
    const back = this.#height === 0 ? '' : `\u001B[${this.#height}A\u001B[J`;
    const shown = lines.map((line) =>
      Array.from(plainText(line))
        .slice(0, width - 1)
        .join(''),
    );
    stdout.write(`${back}${shown.map((line) => `${line}\n`).join('')}`);
    this.#height = shown.length;
  }
}

/** `[##########----------]` */
export function bar(done: number, total: number, width: number): string {
  const filled = total === 0 ? 0 : Math.floor((Math.min(done, total) / total) * width);
  return `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`;
}
