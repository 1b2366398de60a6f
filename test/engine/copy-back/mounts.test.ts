import {describe, expect, it} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {CopyPart} from '../../../src/domain/remedy/copy-back.ts';
import type {PathState} from '../../../src/domain/storage/listing/listing.ts';
import {layerLink} from '../../../src/domain/storage/listing/paths.ts';
import {digestOf} from '../../../src/drills/images/image.ts';
import {withMounts} from '../../../src/engine/copy-back/mounts.ts';
import type {Registry} from '../../../src/engine/ports/registry.ts';
import type {Storage} from '../../../src/engine/ports/storage.ts';

const {signal} = new AbortController();
const named = (name: string) => digestOf(Buffer.from(name));
const part = (name: string, where: CopyPart['where'], role: CopyPart['role'] = 'layer'): CopyPart => ({
	digest: named(name),
	role,
	size: 10,
	where,
});

/** The repositories of the registry, and which of them link what: with a link of this many bytes. */
function world(repositories: string[], links: [string, Digest, number][]) {
	const asked: string[] = [];
	const registry = {
		async *repositories() {
			yield* repositories;
		},
	} as unknown as Registry;
	const storage = {
		async recheck(paths: readonly string[]) {
			asked.push(...paths);
			const states = new Map<string, PathState>(paths.map(path => [path, {state: 'gone'}]));
			for (const [repository, digest, size] of links) {
				states.set(layerLink(repository, digest), {state: 'there', size} as PathState);
			}

			return states;
		},
	} as unknown as Storage;
	return {registry, storage, asked, signal};
}

const fromOf = async (parts: CopyPart[], where: Parameters<typeof withMounts>[2]) =>
	(await withMounts('acme/app', {digest: named('top'), parts, silent: []}, where)).parts.map(({from}) => from);

describe('where a blob that is on the disk is mounted from', () => {
	it('another repository that links it whole, one of the same namespace first', async () => {
		const [layer, config] = [named('layer'), named('config')];
		const {length} = layer;
		const where = world(
			['other/a', 'acme/app', 'acme/b', 'acme/c'],
			[
				['other/a', layer, length],
				['acme/c', layer, length],
				// An empty link serves nothing.
				['acme/b', config, 0],
				['acme/app', config, length],
			],
		);

		expect(await fromOf([part('layer', 'disk'), part('config', 'disk', 'config')], where)).toEqual([
			'acme/c',
			undefined,
		]);
	});

	it('nowhere, for what is linked, fetched or a manifest; nobody is asked then', async () => {
		const where = world(['acme/b'], []);

		expect(await fromOf([part('a', 'linked'), part('b', 'sources'), part('c', 'disk', 'manifest')], where)).toEqual([
			undefined,
			undefined,
			undefined,
		]);
		expect(where.asked).toEqual([]);
	});

	it('nowhere, where the registry does not list its repositories: it is uploaded', async () => {
		const where = world([], []);
		// biome-ignore lint/correctness/useYield: it lists none
		where.registry.repositories = async function* () {
			throw new OperatorError('registry.no-catalogue', 'It lists none.', {hint: 'Name them.', exit: 'failed'});
		};

		expect(await fromOf([part('layer', 'disk')], where)).toEqual([undefined]);
	});
});
