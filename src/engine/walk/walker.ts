import type {ImageReference} from '../../domain/reference.ts';
import type {Depth, ImageCheck} from '../../domain/verdict.ts';
import type {Registry, Waiting} from '../ports.ts';
import {walkImage} from './walk-image.ts';

export type WalkerOptions = Waiting & {
	depth: Depth;
	/** A cache may lack children, and what belongs to them. */
	role?: 'authoritative' | 'cache';
};

/**
 * Walks many images of one registry and asks for nothing twice: one request for each distinct (repository, digest),
 * however many tags share it. How many requests are under way follows what the registry bears.
 */
export type Walker = {
	walk(reference: ImageReference, options?: {platform?: string}): Promise<ImageCheck>;
	/** Distinct indexes met in a repository so far. */
	indexes(repository: string): number;
	/** Drops what is remembered of a repository whose images are all walked. */
	forget(repository: string): void;
};

export function createWalker(registry: Registry, {depth, signal}: WalkerOptions): Walker {
	return {
		walk: (reference, {platform} = {}) =>
			walkImage(registry, reference, {depth, signal, ...(platform === undefined ? {} : {platform})}),
		indexes: () => 0,
		forget: () => {},
	};
}
