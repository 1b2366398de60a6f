import {chmod} from 'node:fs/promises';
import path from 'node:path';
import {afterEach, beforeEach, describe, expect, it} from 'vitest';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {buildImage} from '../../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../../src/drills/images/store.ts';
import {type HostKind, pretendHost} from '../../../support/hosts.ts';
import {locate, temporaryFolder} from '../../../support/real.ts';

const signal = AbortSignal.timeout(30_000);
const image = buildImage({seed: 'acme', platforms: ['linux/amd64']});
const [child] = image.manifests.map(({digest}) => digest);
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let store: Store;

beforeEach(async () => {
	temporary = await temporaryFolder();
	await chmod(temporary.folder, 0o755);
	store = openStore(path.join(temporary.folder, 'store'));
	await store.push('acme/tool', 'latest', image);
	await store.push('acme/tool', 'old', image);
});

afterEach(() => temporary[Symbol.asyncDispose]());

/** Lists the store on a host where these files are deleted just before a program runs. */
async function listWithout(kind: HostKind, program: string, files: string[]) {
	const real = kind.startsWith('busybox') ? `${locate('busybox')} ${program}` : locate(program);
	const text = `case $* in *./*) ${locate('rm')} -rf ${files.join(' ')} ;; esac\nexec ${real} "$@"`;
	const shell = await pretendHost(kind, path.join(temporary.folder, 'host'), {programs: {[program]: text}});
	return createStorage({shell, root: store.root}).list({signal});
}

describe('a file that is deleted while the store is read', () => {
	it.each([
		['gnu', 'grep'],
		['busybox', 'grep'],
	] as const)('is gone from the listing, if it is a link (%s)', async (kind, grep) => {
		const revision = store.revisionLink('acme/tool', child!);
		const tag = path.join(store.tagFolder('acme/tool', 'old'), 'current/link');

		const listing = await listWithout(kind, grep, [revision, tag]);

		expect(listing).toMatchObject({complete: true, gaps: []});
		expect(listing.repositories.get('acme/tool')!.revisions.has(child!)).toBe(false);
		expect([...listing.repositories.get('acme/tool')!.tags.keys()]).toEqual(['latest']);
	});

	it.each(['gnu', 'busybox'] as const)('is gone from the listing, if it is a manifest (%s)', async kind => {
		const listing = await listWithout(kind, 'head', [store.blobFile(child!)]);

		expect(listing).toMatchObject({complete: true, gaps: []});
		expect(listing.blobs.has(child!)).toBe(false);
	});

	it.each([
		['busybox', 'stat'],
		['gnu without stat', 'ls'],
		['busybox without stat', 'ls'],
	] as const)('is no gap on a host with %s, where %s meets it', async (kind, program) => {
		const listing = await listWithout(kind, program, [path.dirname(store.revisionLink('acme/tool', child!))]);

		expect(listing).toMatchObject({complete: true, gaps: []});
		expect(listing.repositories.get('acme/tool')!.revisions.has(child!)).toBe(false);
	});
});

it('a manifest that the disk cannot read to its end is a gap, and does not count as damaged', async () => {
	const head = `case $* in *./*) ;; *) exec ${locate('head')} "$@" ;; esac
printf '==> ./blobs/sha256/${child!.slice(7, 9)}/${child!.slice(7)}/data <==\\n{"schema'
echo "head: error reading './blobs/sha256/${child!.slice(7, 9)}/${child!.slice(7)}/data': Input/output error" >&2
exit 1`;
	const shell = await pretendHost('gnu', path.join(temporary.folder, 'host'), {programs: {head}});

	const listing = await createStorage({shell, root: store.root}).list({signal});

	expect(listing.complete).toBe(false);
	expect(listing.gaps[0]).toContain('Input/output error');
	expect(listing.manifests.has(child!)).toBe(false);
});
