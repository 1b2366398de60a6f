import type {ImageReference} from '../../domain/image/reference.ts';
import type {ImageCheck} from '../../domain/image/verdict.ts';
import type {Registry} from '../../engine/ports/registry.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
import {createWalker, type ImageOptions, type Walker} from '../../engine/verify/walk-image.ts';
import type {Surroundings} from '../../wiring/open-ports.ts';
import {openReader, type ReaderOptions} from '../../wiring/open-reader.ts';

export type Verifiers = {
	walk(reference: ImageReference, options: ImageOptions): Promise<ImageCheck>;
	/** Made so far, of all hosts. */
	requests(): number;
	close(): Promise<void>;
};

/** One client and one walk a host: images that share parts have them asked for once. */
export function openVerifiers(surroundings: Surroundings, options: Waiting & ReaderOptions): Verifiers {
	const hosts = new Map<string, {registry: Registry; walker: Walker; close(): Promise<void>}>();

	function at(host: string) {
		const open = hosts.get(host);
		if (open !== undefined) {
			return open;
		}

		const {registry, known, close} = openReader(host, surroundings, options);
		const walker = createWalker(registry, {...options, role: known?.registry.role ?? 'authoritative'});
		const opened = {registry, walker, close};
		hosts.set(host, opened);
		return opened;
	}

	return {
		walk: async (reference, image) => at(reference.host).walker.walk(reference, image),
		requests: () => [...hosts.values()].reduce((sum, {registry}) => sum + registry.requests(), 0),
		async close() {
			await Promise.allSettled([...hosts.values()].map(({close}) => close()));
		},
	};
}
