/**
 * What is changed but not yet stated: one lane for the source and one for the outputs of a cell,
 * each with a single author. Says when a lane ends; what it holds is the replica's business.
 */
import type { CellId, Timestamp } from '../../schema/index.js';
import { sameActor } from '../../schema/index.js';
import type { Attribution } from '../ports/mirror.js';
import { followed, type SourceEdit } from './source-edit.js';

/** Typing goes on this long at most before it is stated, in ms. */
const LONGEST_EDIT = 30_000;
/** Outputs of a run are stated so often while it goes on, in ms; its end states the rest. */
const OUTPUT_INTERVAL = 1_000;

/** What of a cell a lane is about. */
export type LaneAspect = 'source' | 'outputs';

/** What is touched of a cell. */
export interface LaneTouch {
  readonly cellId: CellId;
  readonly aspect: LaneAspect;
  /** What was changed in a source, if it is known. */
  readonly edit?: SourceEdit | undefined;
}

/** A lane in use. */
export interface Lane extends LaneTouch, Attribution {
  /** Of its first update, in ms since the epoch. */
  readonly since: number;
  /** Of its last update. */
  readonly at: Timestamp;
  readonly number: number;
}

/** The lanes of one replica. */
export interface Lanes {
  /** Every lane in use, oldest first. */
  all(): Lane[];
  /** Lanes that an update of this author to `touched` ends, before it is taken. */
  endedBy(touched: readonly LaneTouch[], author: Attribution): Lane[];
  /** An update goes into a lane; opens it if need be. */
  extend(
    touch: LaneTouch,
    update: Attribution & { readonly at: Timestamp; readonly number: number }
  ): void;
  close(touch: LaneTouch): void;
  /** When the first lane ends by itself, in ms since the epoch; null without lanes. */
  due(): number | null;
  /** Lanes that have ended by themselves at `now`. */
  dueAt(now: number): Lane[];
}

/** No lanes yet. `editPause`: the silence that ends typing, in ms. */
export function createLanes(editPause: number): Lanes {
  const lanes = new Map<string, Lane>();
  const all = (): Lane[] => [...lanes.values()];
  const end = (lane: Lane): number => {
    const last = Date.parse(lane.at);
    return lane.aspect === 'source'
      ? Math.min(last + editPause, lane.since + LONGEST_EDIT)
      : lane.since + OUTPUT_INTERVAL;
  };
  return {
    all,
    endedBy: (touched, author) =>
      touched.length === 0
        ? []
        : all().filter(lane => {
            const goesOn = touched.some(touch => laneKey(touch) === laneKey(lane));
            return goesOn !== sameAuthor(lane, author);
          }),
    extend: (touch, { at, number, actor, assurance }) => {
      const { cellId, aspect } = touch;
      const open = lanes.get(laneKey(touch));
      const edit = open === undefined ? touch.edit : followed(open.edit, touch.edit);
      const since = open?.since ?? Date.parse(at);
      lanes.set(laneKey(touch), { cellId, aspect, edit, since, at, number, actor, assurance });
    },
    close: touch => lanes.delete(laneKey(touch)),
    due: () => (lanes.size === 0 ? null : Math.min(...all().map(end))),
    dueAt: now => all().filter(lane => end(lane) <= now)
  };
}

/** A lane's name as one string. */
export function laneKey({ cellId, aspect }: LaneTouch): string {
  return `${aspect} ${cellId}`;
}

/** The same author, with the same assurance? */
export function sameAuthor(a: Attribution, b: Attribution): boolean {
  return sameActor(a.actor, b.actor) && a.assurance === b.assurance;
}
