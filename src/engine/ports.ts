/**
 * What the engine knows of the world: types only. Every wait takes a signal; an aborted wait rejects with the
 * signal's reason. Whatever keeps a port from answering is an OperatorError; an answer, even a bad one, is a value.
 */
export type * from './ports/builder.ts';
export type * from './ports/ci.ts';
export type * from './ports/record.ts';
export type * from './ports/registry.ts';
export type * from './ports/storage.ts';
export type * from './ports/waiting.ts';
