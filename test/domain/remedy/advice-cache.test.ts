import {expect, test} from 'vitest';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Fault} from '../../../src/domain/image/fault.ts';
import {toJson} from '../../../src/domain/json.ts';
import {weighRemedies} from '../../../src/domain/remedy/advice.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';

const layer = `sha256:${'a'.repeat(64)}` as Digest;
const child = `sha256:${'b'.repeat(64)}` as Digest;
const settings = {restart: 'docker compose restart registry', pipeline: 'acme/infra@main', fallback: 'registry-vm'};

function weigh(
	faults: Partial<Fault>[],
	findings: Partial<Finding>[],
	{tried = [] as string[], restart = settings.restart as string | null} = {},
) {
	return weighRemedies({
		faults: toJson(faults.map(fault => ({via: [], detail: '', ...fault}))),
		findings: toJson(
			findings.map(finding => ({
				repository: 'infra-ci',
				tags: ['latest'],
				via: [],
				missing: [],
				detail: '',
				remedy: 'rebuild',
				...finding,
			})),
		),
		settings: {...settings, restart},
		tried,
	});
}

// Seen on docker-registry 2.8.2 after `garbage-collect -m` without a restart.
const remembered: [Partial<Fault>[], Partial<Finding>[]] = [
	[{kind: 'blob-empty', digest: layer}],
	[{kind: 'layer-missing', digest: layer}],
];

test('a registry that claims what its disk has lost is restarted before anything is pushed', () => {
	const [first] = weigh(...remembered);

	expect(first).toMatchObject({key: 'restart', recommended: true});
	expect(first?.why).toContain('Restart first, then rebuild');
});

test('after the restart the rebuild is recommended, and its push is not feared any more', () => {
	const [first] = weigh(...remembered, {tried: ['restart']});

	expect(first).toMatchObject({key: 'rebuild-ci', recommended: true});
	expect(first?.risk).not.toContain('stores nothing');
});

test('where no restart is configured, the rebuild says what a registry that still remembers does to a push', () => {
	const options = weigh(...remembered, {restart: null});

	expect(options[0]).toMatchObject({key: 'rebuild-ci', recommended: true});
	expect(options[0]?.risk).toContain('stores nothing');
	expect(options.find(({key}) => key === 'restart')?.blocked).toContain('No restart command');
});

test('swept children recommend the rebuild, with the warning; the disk alone proves no stale memory', () => {
	const [first] = weigh(
		[{kind: 'child-missing', digest: child}],
		[{kind: 'child-swept', digest: child, missing: [layer]}],
	);

	expect(first).toMatchObject({key: 'rebuild-ci', recommended: true});
	expect(first?.risk).toContain('stores nothing');
});

test('an emptied layer that the disk shows just as empty is no case for a restart', () => {
	const [first] = weigh([{kind: 'blob-empty', digest: layer}], [{kind: 'blob-empty', digest: layer}]);

	expect(first?.key).toBe('rebuild-ci');
});
