import {chmod, mkdir, readdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {assess} from '../../../../src/domain/storage/findings/assess.ts';
import type {Finding} from '../../../../src/domain/storage/findings/finding.ts';
import type {StorageListing} from '../../../../src/domain/storage/listing/listing.ts';
import {canBeShutOut, hostKinds, pretendHost} from '../../../support/hosts.ts';
import {numbersFrom, randomStore} from '../../../support/random-store.ts';
import {locate, temporaryFolder} from '../../../support/real.ts';
import {tries} from '../../../support/sweep.ts';

const signal = AbortSignal.timeout(600_000);
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
	temporary = await temporaryFolder();
	await chmod(temporary.folder, 0o755);
});

afterAll(() => temporary[Symbol.asyncDispose]());

it.skipIf(locate('busybox') === undefined)(
	'find, stat and ls list a store alike, whatever its names are and whatever cannot be read',
	async () => {
		const shells = await Promise.all(
			hostKinds.map(kind =>
				pretendHost(kind, path.join(temporary.folder, kind.replaceAll(' ', '-')), {asOrdinaryUser: canBeShutOut}),
			),
		);
		const seen = {leftOut: 0, incomplete: 0, findings: 0};

		for (let seed = 0; seed < tries(5); seed++) {
			const root = path.join(temporary.folder, `store-${seed}`);
			await mkdir(root);
			await randomStore(root, numbersFrom(seed), canBeShutOut);

			const [gnu, ...others] = await Promise.all(
				shells.map(shell => createStorage({shell, root}).list({signal, everyLink: true})),
			);

			for (const [index, other] of others.entries()) {
				const what = `store ${seed} on ${hostKinds[index + 1]}`;
				expect(toldBy(other), what).toEqual(toldBy(gnu!));
				expect(other.preciseTimes, what).toBe(!hostKinds[index + 1]!.endsWith('without stat'));
				if (other.preciseTimes) {
					expect(timesIn(other), what).toEqual(timesIn(gnu!));
				}
			}

			seen.leftOut += gnu!.leftOut!;
			seen.incomplete += gnu!.complete ? 0 : 1;
			seen.findings += assess(gnu!, {role: 'authoritative'}).findings.length;
		}

		expect(seen.leftOut).toBeGreaterThan(0);
		expect(seen.incomplete).toBeGreaterThan(0);
		expect(seen.findings).toBeGreaterThan(0);
		expect((await readdir(temporary.folder)).length).toBe(hostKinds.length + tries(5));
	},
	600_000,
);

/** Everything but times and the text of gaps. */
function toldBy(listing: StorageListing) {
	const {complete, gaps, unread, repositories, blobs, manifests, folders, leftOut, obstacles} = listing;
	const sorted = <T>(entries: Iterable<[string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
	const contents = <T extends {size: number; content?: string}>(links: Map<string, T>) =>
		sorted(links).map(([digest, {size, content}]) => [digest, size, content]);
	const {findings} = assess(listing, {role: 'authoritative', now: listing.taken + 100_000});

	return {
		complete,
		leftOut,
		gaps: gaps.length,
		unread: [...unread!].sort(),
		obstacles: sorted(obstacles!),
		folders: [...folders!.keys()].sort(),
		manifests: sorted(manifests),
		blobs: sorted(blobs).map(([digest, {size}]) => [digest, size]),
		repositories: sorted(repositories).map(([name, {tags, revisions, layers}]) => ({
			name,
			tags: sorted(tags).map(([tag, {link, history = []}]) => [
				tag,
				link?.size,
				link?.content,
				sorted(history).map(([past]) => past),
			]),
			revisions: contents(revisions),
			layers: contents(layers),
		})),
		// ls sorts, so findings without an order of their own come in another one.
		findings: findings.map(withoutTimes).sort(),
	};
}

function withoutTimes({since: _, history = [], ...finding}: Finding): string {
	return JSON.stringify({...finding, history: history.map(({digest}) => digest).sort()});
}

function timesIn({folders, blobs, repositories}: StorageListing) {
	const links = [...repositories].flatMap(([name, {layers}]) =>
		[...layers].map(([digest, {changed}]): [string, number] => [`${name} ${digest}`, changed]),
	);
	const blobTimes = [...blobs].map(([digest, {changed}]): [string, number] => [digest, changed]);
	return new Map([...folders!, ...blobTimes, ...links].map(([what, time]) => [what, Math.floor(time)]));
}
