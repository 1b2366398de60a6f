import {appendFile, mkdir, rm, truncate, writeFile} from 'node:fs/promises';
import {expect, test} from 'vitest';
import {buildImage} from '../../../src/drills/images/image.ts';
import {openStore, type Store} from '../../../src/drills/images/store.ts';
import {startRegistry} from '../../../src/drills/registry/server.ts';
import {temporaryFolder} from '../../support/real.ts';
import {recordedAnswers} from '../../support/recorded-registry.ts';
import {ask} from '../ask.ts';

const image = buildImage({seed: 'recorded', platforms: ['linux/amd64'], attestations: false});
const {digest} = image.manifests[0]!;
const none = `sha256:${'0'.repeat(64)}`;

/** What was done to the store of the real registry. A file that cannot be read and an upstream are not simulated. */
const damages: Record<string, (store: Store, repository: string) => Promise<unknown>> = {
	'empty-manifest': store => truncate(store.blobFile(digest), 0),
	'cut-manifest': store => truncate(store.blobFile(digest), 60),
	'html-manifest': store => writeFile(store.blobFile(digest), '<html></html>'),
	schema9: store => writeFile(store.blobFile(digest), '{"schemaVersion":9}'),
	'empty-link': (store, repository) => writeFile(store.revisionLink(repository, digest), ''),
	'newline-link': (store, repository) => appendFile(store.revisionLink(repository, digest), '\n'),
	async 'folder-link'(store, repository) {
		await rm(store.revisionLink(repository, digest));
		await mkdir(store.revisionLink(repository, digest));
	},
	'missing manifest': async () => {},
	'missing blob': async () => {},
};

const simulated = recordedAnswers.filter(({damage}) => damage in damages);

test.each(simulated.map(each => [each.server, each.damage, each] as const))(
	'answers as %s did about %s',
	async (server, damage, {request, status, headers, body}) => {
		await using place = await temporaryFolder();
		const store = openStore(place.folder);
		const [method, named] = request.split(' ') as [string, string];
		const repository = named.split('/')[2]!;
		await store.push(repository, 'v1', image);
		await damages[damage]!(store, repository);
		const registry = await startRegistry({root: store.root, dialect: server.startsWith('3') ? '3.1' : '2.8'});

		try {
			const wanted = damage.startsWith('missing') ? none : digest;
			const accept = {Accept: 'application/vnd.oci.image.manifest.v1+json'};
			const answer = await ask(registry.host, {
				method,
				path: named.replace('sha256:<hex>', wanted),
				headers: accept,
			});

			const places = (text: string) =>
				text
					.replaceAll(store.root, '')
					.replaceAll('/var/lib/registry', '')
					.replace(/[0-9a-f]{64}/g, 'HEX');
			expect({status: answer.status, type: answer.headers['content-type'], body: places(answer.body)}).toEqual({
				status,
				type: headers['content-type'],
				body: places(body),
			});
		} finally {
			await registry.close();
		}
	},
);

test('every recorded answer to damage that can be simulated is compared', () => {
	expect(simulated).toHaveLength(18);
	expect(
		recordedAnswers.filter(each => !simulated.includes(each)).every(({damage}) => /^denied|^pull-through/.test(damage)),
	).toBe(true);
});
