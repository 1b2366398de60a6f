import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import type {StorageListing} from '../../../src/domain/storage/listing/listing.ts';
import {blobFolder} from '../../../src/domain/storage/listing/paths.ts';
import {saySuspicion, suspectMemory} from '../../../src/domain/storage/memory-suspicion.ts';

const noon = Date.parse('2026-04-19T12:00:00Z') / 1000;
const hour = 3600;

/** Layers that are gone since `lost`, each of a repository of its own, whose links were written at `linked`. */
function gone(repositories: number, {lost, linked}: {lost: number; linked: number}) {
	const each = Array.from({length: repositories}, (_, at) => ({
		repository: `acme/app-${at}`,
		digest: `sha256:${at.toString(16).repeat(64)}` as Digest,
	}));
	const findings = each.map(
		(part): Finding => ({
			...part,
			kind: 'layer-missing',
			tags: ['v1'],
			via: [],
			missing: [],
			remedy: 'rebuild',
			detail: '',
		}),
	);
	const listing: StorageListing = {
		root: '/store',
		complete: true,
		gaps: [],
		repositories: new Map(
			each.map(({repository, digest}) => [
				repository,
				{
					tags: new Map(),
					revisions: new Map(),
					layers: new Map([[digest, {size: 71, changed: linked, content: digest}]]),
				},
			]),
		),
		blobs: new Map(),
		manifests: new Map(),
		taken: noon,
		folders: new Map(each.map(({digest}) => [blobFolder(digest), lost])),
	};
	return (started: number | undefined, more: Partial<StorageListing> = {}) =>
		suspectMemory(findings, {...listing, ...more}, started);
}

test('a process older than the loss is suspected, and a younger one is not', () => {
	const suspect = gone(1, {lost: noon - hour, linked: noon - 9 * hour});

	expect(suspect(noon - 2 * hour)).toEqual({
		kind: 'older-process',
		started: '2026-04-19T10:00:00Z',
		lost: '2026-04-19T11:00:00Z',
	});
	expect(suspect(noon - hour / 2)).toBeUndefined();
	expect(suspect(noon - hour)).toBeUndefined();
});

test('links that such a process wrote after the loss are counted', () => {
	const suspect = gone(2, {lost: noon - 2 * hour, linked: noon - hour});

	const suspicion = suspect(noon - 3 * hour);

	expect(suspicion).toMatchObject({kind: 'links-since', links: 2});
	expect(saySuspicion(suspicion!)).toBe(
		'The registry’s memory may be stale (suspected, not proven): its process has run since 2026-04-19 09:00 UTC, data was gone by 2026-04-19 10:00 UTC, and 2 links to gone data were written after that, as by a push that the registry answered from memory.',
	);
});

test('links newer than the loss in many repositories and a process started since are a restore; in few they are nothing', () => {
	const times = {lost: noon - 2 * hour, linked: noon - hour};

	const suspicion = gone(3, times)(noon - hour / 2);

	expect(suspicion).toEqual({kind: 'restore', started: '2026-04-19T11:30:00Z', repositories: 3});
	expect(saySuspicion(suspicion!)).toContain('This looks like a restore of data and links as of different times');
	expect(gone(2, times)(noon - hour / 2)).toBeUndefined();
	expect(gone(3, times)(noon - 3 * hour)).toMatchObject({kind: 'links-since'});
});

test('where the age of the process is not known, that is said, and a link newer than the loss is still the trace of a push', () => {
	expect(gone(1, {lost: noon - hour, linked: noon - 9 * hour})(undefined)).toEqual({
		kind: 'unknown-age',
		lost: '2026-04-19T11:00:00Z',
	});
	expect(gone(1, {lost: noon - hour, linked: noon - 1})(undefined)).toEqual({
		kind: 'links-since',
		lost: '2026-04-19T11:00:00Z',
		links: 1,
	});
});

test('a link that was written within a second of the loss is its trace, where the process is not younger', () => {
	const suspect = gone(1, {lost: noon - 10.2, linked: noon - 10.1});

	expect(suspect(noon - 11)).toMatchObject({kind: 'links-since'});
	expect(suspect(noon - 10)).toBeUndefined();
	expect(suspect(noon - 9)).toBeUndefined();
});

test('without exact times on the disk, nothing is suspected', () => {
	const suspect = gone(1, {lost: noon - hour, linked: noon - 9 * hour});

	expect(suspect(noon - 2 * hour, {preciseTimes: false})).toBeUndefined();
	expect(suspect(noon - 2 * hour, {folders: new Map()})).toBeUndefined();
});
