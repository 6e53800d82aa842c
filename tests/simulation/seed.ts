/** Plays one seed, and makes a failing one shorter. */
import { tidied, links } from './kept-promises.js';
import { brokenPromises } from './promises.js';
import { DISTURBANCES, World, type Disturbance, type Plan } from './world.js';

export const STEPS = 1000;

export interface Outcome {
  readonly plan: Plan;
  readonly broken: readonly string[];
  readonly trace: readonly string[];
  readonly world: World;
}

export async function play(plan: Plan): Promise<Outcome> {
  const left: string[] = [];
  const leave = (reason: unknown): void => void left.push(`nobody handles: ${wordsOf(reason)}`);
  process.on('unhandledRejection', leave);
  try {
    const outcome = await playOut(plan);
    return { ...outcome, broken: [...outcome.broken, ...left] };
  } finally {
    process.off('unhandledRejection', leave);
  }
}

async function playOut(plan: Plan): Promise<Outcome> {
  const world = new World(plan);
  const { trace } = world.machine;
  try {
    await world.play();
    trace.push('settles');
    const settled = await world.settle();
    const broken = brokenPromises(world);
    if (!settled || broken.length > 0) {
      return {
        plan,
        trace,
        world,
        broken: settled ? broken : ['does not come to rest', ...broken]
      };
    }
    await world.age();
    return { plan, trace, world, broken: [...links(world), ...tidied(world)] };
  } catch (error) {
    return { plan, trace, world, broken: [wordsOf(error)] };
  } finally {
    world.people.forEach(person => person.close());
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The shortest plan found that still fails: fewer steps, and less that goes wrong. */
export async function shrink(failing: Outcome): Promise<Outcome> {
  let found = failing;
  for (let steps = failing.plan.steps; steps > 1; steps -= Math.ceil(steps / 20)) {
    const tried = await play({ ...found.plan, steps });
    found = tried.broken.length > 0 ? tried : found;
  }
  for (const which of Object.keys(DISTURBANCES) as Disturbance[]) {
    const tried = await play({ ...found.plan, without: [...found.plan.without, which] });
    found = tried.broken.length > 0 ? tried : found;
  }
  return found;
}

/** What to read of a failure. */
export function story({ plan, broken, trace, world }: Outcome): string {
  const facts = world.events.map(
    ({ offset, type, data }) => `${offset} ${type} ${JSON.stringify(data).slice(0, 160)}`
  );
  return [`seed ${plan.seed}, ${plan.steps} steps`, ...broken, ...trace, ...facts].join('\n');
}
