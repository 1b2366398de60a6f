import {chmod, mkdir, utimes} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {createStorage} from '../../../src/adapters/storage/storage.ts';
import {currentLink, layerLink, revisionLink} from '../../../src/domain/storage/listing/paths.ts';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../src/drills/images/store.ts';
import {canBeShutOut, hostKinds, pretendHost} from '../../support/hosts.ts';
import {locate, temporaryFolder} from '../../support/real.ts';

const signal = AbortSignal.timeout(30_000);
const image = buildImage({seed: 'acme', platforms: ['linux/amd64']});
const {digest} = image.index;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;

beforeEach(async () => {
	temporary = await temporaryFolder();
	await chmod(temporary.folder, 0o755);
	store = openStore(path.join(temporary.folder, 'a store'));
	await store.push('acme/tool', 'latest', image);
	const long = new Date('2020-02-03T04:05:06Z');
	await utimes(store.revisionLink('acme/tool', digest), long, long);
});

afterEach(() => temporary[Symbol.asyncDispose]());

describe.each(hostKinds)('a recheck on a host with %s', kind => {
	const shut = it.skipIf(!canBeShutOut || (kind.startsWith('busybox') && locate('busybox') === undefined));

	shut('tells present, gone and unreadable paths apart, in one command, with the times of a listing', async () => {
		await chmod(path.dirname(path.dirname(store.layerLink('acme/tool', digest))), 0o755);
		const closed = path.join(store.base, 'repositories/closed/_layers');
		await mkdir(closed, {recursive: true});
		await chmod(closed, 0);
		const commands: string[] = [];
		const host = await pretendHost(kind, path.join(temporary.folder, 'host'), {asOrdinaryUser: true});
		const shell = {
			...host,
			run: (...[request, waiting]: Parameters<typeof host.run>) => {
				commands.push(request.kind);
				return host.run(request, waiting);
			},
		};
		const storage = createStorage({shell, root: store.root});
		const listing = await storage.list({signal});
		const {size, changed} = listing.repositories.get('acme/tool')!.revisions.get(digest)!;
		commands.length = 0;

		const states = await storage.recheck(
			[
				revisionLink('acme/tool', digest),
				currentLink('acme/tool', 'latest'),
				layerLink('acme/tool', digest),
				layerLink('closed', digest),
				revisionLink('nowhere', digest),
				'repositories/a b/_layers',
				'../../../secret',
			],
			{signal},
		);

		expect(commands).toEqual(['read']);
		expect([...states.values()].map(({state}) => state)).toEqual([
			'there',
			'there',
			'gone',
			'unread',
			'gone',
			'unread',
			'unread',
		]);
		expect(states.get(revisionLink('acme/tool', digest))).toEqual({state: 'there', size, changed});
		expect(size).toBe(71);
	});
});

it('a recheck of 5000 paths is still one command, and tells the state of each', async () => {
	const shell = await pretendHost('gnu', path.join(temporary.folder, 'host'));
	const paths = Array.from({length: 5000}, (_, n) => revisionLink(`acme/tool-${n}`, digest));

	const states = await createStorage({shell, root: store.root}).recheck(
		[...paths, currentLink('acme/tool', 'latest')],
		{
			signal,
		},
	);

	expect([...states.values()].filter(({state}) => state === 'gone')).toHaveLength(5000);
	expect(states.get(currentLink('acme/tool', 'latest'))?.state).toBe('there');
});

it.each([
	['a few paths, for which somebody waits, is not put behind everything else that its host does', 3, false],
	['the paths of a whole store stands behind what its host does', 5000, true],
])('a recheck of %s', async (_, many, isNice) => {
	const scripts: string[] = [];
	const host = await pretendHost('gnu', path.join(temporary.folder, 'host'));
	const shell = {
		...host,
		run: (...[request, waiting]: Parameters<typeof host.run>) => {
			scripts.push(request.script);
			return host.run(request, waiting);
		},
	};
	const paths = Array.from({length: many}, (_, n) => revisionLink(`acme/tool-${n}`, digest));

	const states = await createStorage({shell, root: store.root}).recheck(paths, {signal});

	expect([...states.values()].map(({state}) => state)).toEqual(paths.map(() => 'gone'));
	expect(scripts.map(script => script.includes('nice'))).toEqual([isNice]);
});
