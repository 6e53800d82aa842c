/**
 * Where a list stands that may be higher than a browser can scroll: the box that scrolls is never
 * higher than so much; a small movement of it moves the list by as much, a large one in proportion.
 * All lengths in px. Pure.
 */

/** What browsers draw without rounding away rows, at twice the size, too. */
const MOST = 8_000_000;

export class ScrollScale {
  /** @param most Height that the box may have. */
  constructor(private readonly most = MOST) {}

  /** Of the list's top edge that is shown. */
  get top(): number {
    return this.shown;
  }

  /** Height of what is scrolled. */
  get roomHeight(): number {
    return Math.min(this.height, this.most);
  }

  get isAtEnd(): boolean {
    return this.shown >= this.lastTop - 1;
  }

  /** The list is now so high, and so much of it is seen; gives where the box is to be scrolled to. */
  resize(height: number, view: number): number {
    this.height = height;
    this.view = view;
    return this.moveTo(this.shown);
  }

  /**
   * The box was scrolled there. Gives where it is to be scrolled to instead, which differs only where
   * the box comes to its edge before the list does.
   */
  scrolled(boxTop: number): number {
    const by = boxTop - this.boxTop;
    const small = Math.abs(by) <= this.view;
    this.boxTop = boxTop;
    this.shown = this.within(
      small || this.lastBoxTop === 0 ? this.shown + by : boxTop * this.scale
    );
    const isTight =
      boxTop < this.room(this.shown) ||
      this.lastBoxTop - boxTop < this.room(this.lastTop - this.shown);
    return isTight ? this.settle() : boxTop;
  }

  /** Shows this place; gives where the box is to be scrolled to. */
  moveTo(top: number): number {
    this.shown = this.within(top);
    return this.settle();
  }

  /** The movement is over: where the box is to be scrolled to, so that it says where the list stands. */
  settle(): number {
    const least = this.room(this.shown);
    const most = this.lastBoxTop - this.room(this.lastTop - this.shown);
    this.boxTop = Math.min(Math.max(this.shown / this.scale, least), most);
    return this.boxTop;
  }

  /** What the box needs towards an edge that the list is so far from: the next step, if there is one. */
  private room(distance: number): number {
    return Math.min(distance, this.view, this.lastBoxTop / 2);
  }

  private get lastTop(): number {
    return Math.max(0, this.height - this.view);
  }

  private get lastBoxTop(): number {
    return Math.max(0, this.roomHeight - this.view);
  }

  private get scale(): number {
    return this.lastBoxTop === 0 ? 1 : this.lastTop / this.lastBoxTop;
  }

  private within(top: number): number {
    return Math.min(Math.max(0, top), this.lastTop);
  }

  private height = 0;
  private view = 0;
  private shown = 0;
  private boxTop = 0;
}
