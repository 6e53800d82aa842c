/** The language of Colophon: ids, actors, events, commands, refusals, effects. */
export * from './ids.js';
export * from './json.js';
export * from './actor.js';
export * from './envelope.js';
export * from './events/index.js';
export * from './events/cell.js';
export * from './events/output.js';
export * from './events/execution.js';
export * from './events/stream.js';
export * from './events/access.js';
export * from './events/reaction.js';
export * from './post.js';
export * from './commands/index.js';
export * from './problems.js';
export * from './effects.js';
export * from './agent-link.js';
export * from './tap.js';
