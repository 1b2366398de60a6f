import {expect, test} from 'vitest';
import type {Maintenance} from '../../../src/domain/audit/maintenance.ts';
import type {Scan} from '../../../src/domain/storage/findings/finding.ts';
import {readingHostOnce, tellCache} from '../../../src/engine/scan/tell-cache.ts';
import {fakeStorage, quietHost} from '../../support/fake-ports.ts';

const {signal} = new AbortController();
const root = '/opt/registry/data';
const host = (environment: string): Maintenance => ({
	...quietHost,
	root,
	files: [
		{
			path: '/opt/registry/compose.yaml',
			kind: 'compose',
			text: `services:\n  registry:\n    image: registry:2.8.3\n    volumes: ["./data:/var/lib/registry"]\n    ${environment}\n`,
			cut: false,
		},
	],
});
const proxied = host('environment: {REGISTRY_PROXY_REMOTEURL: "https://registry.example"}');
const finding = {kind: 'child-missing'} as Scan['findings'][number];
const scanOf = (...findings: Scan['findings']): {scan: Scan} => ({
	scan: {root, complete: true, gaps: [], counts: {repositories: 1, tags: 1, indexes: 1, links: 1, blobs: 1}, findings},
});

async function tell(read: {scan: Scan}, role: 'authoritative' | 'cache', maintenance: Maintenance) {
	let reads = 0;
	const storage = readingHostOnce(
		fakeStorage([], {
			async maintenance() {
				reads++;
				return maintenance;
			},
		}),
	);
	const told = await tellCache(read, {storage, role, signal});
	await tellCache(read, {storage, role, signal});
	return {role: told.role, complete: told.scan.complete, gaps: told.scan.gaps, reads};
}

test('findings of a cache that is not configured as one are not known to be damage, and the host is read once', async () => {
	expect(await tell(scanOf(finding), 'authoritative', proxied)).toEqual({
		role: 'cache',
		complete: false,
		gaps: [expect.stringMatching(/is a pull-through cache, by \/opt\/registry\/compose.yaml.*Add `role: cache`/)],
		reads: 1,
	});
});

test('a registry with an own store, one without findings and one that is configured as a cache are left as they are', async () => {
	expect(await tell(scanOf(finding), 'authoritative', host('labels: []'))).toMatchObject({complete: true, reads: 1});
	expect(await tell(scanOf(), 'authoritative', proxied)).toMatchObject({role: 'authoritative', reads: 0});
	expect(await tell(scanOf(finding), 'cache', proxied)).toMatchObject({complete: true, reads: 0});
});
