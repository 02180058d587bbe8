import type { Clock } from '../../runtime/clock.ts';
import { fitted, type Screen } from './screen.ts';

const BAR_LETTERS = 20;
/** Faster nobody reads, and slower it seems stuck. */
const REDRAW_MS = 100;
const CLEAR_LINE = '\r\u001b[K';

/** How far long work is, as one line that is drawn over and over. Pure but for {@link ProgressBar}. */
export function progressLine(about: string, done: number, total: number, width: number): string {
  const part = total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
  const filled = Math.round(part * BAR_LETTERS);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_LETTERS - filled)}]`;
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  const long = `${about} ${bar} ${percent} ${done}/${total}`;
  // A narrow terminal gets the figure alone: a line that wraps cannot be drawn over.
  return long.length < width ? long : fitted(`${about} ${percent}`, Math.max(1, width - 1));
}

/** What a bar needs of the world. */
export interface ProgressWorld {
  readonly runtime: { readonly clock: Pick<Clock, 'monotonicMs'> };
  draw(text: string): void;
}

/** Shows on standard error how far long work is, when a person sees it; does nothing otherwise, nor for work that is done at once. */
export class ProgressBar {
  readonly #world: ProgressWorld;
  readonly #screen: Screen;
  readonly #about: string;
  readonly #total: number;
  #drawnMs: number;
  #isDrawn = false;

  constructor(world: ProgressWorld, screen: Screen, about: string, total: number) {
    this.#world = world;
    this.#drawnMs = world.runtime.clock.monotonicMs();
    this.#screen = screen;
    this.#about = about;
    this.#total = total;
  }

  /** So much is done of the total. */
  at(done: number): void {
    const nowMs = this.#world.runtime.clock.monotonicMs();
    if (!this.#screen.isErrorTerminal || nowMs - this.#drawnMs < REDRAW_MS) return;
    this.#drawnMs = nowMs;
    this.#isDrawn = true;
    this.#world.draw(`${CLEAR_LINE}${progressLine(this.#about, done, this.#total, this.#screen.columns())}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isDrawn) this.#world.draw(CLEAR_LINE);
  }
}
