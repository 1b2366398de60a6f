import {expect, test} from 'vitest';
import {defined} from '../../../src/domain/defined.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Fault} from '../../../src/domain/image/fault.ts';
import {weighRemedies} from '../../../src/domain/remedy/weigh-remedies.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';

const layer = `sha256:${'a'.repeat(64)}` as Digest;
const child = `sha256:${'b'.repeat(64)}` as Digest;

function weigh(
	faults: Pick<Fault, 'kind' | 'digest'>[],
	findings: Pick<Finding, 'kind' | 'digest'>[],
	{tried = [] as string[], canRestart = true, missing = [] as Digest[]} = {},
) {
	return weighRemedies({
		settings: {
			...{role: 'authoritative', plainHttp: false, runsInItself: false},
			pipeline: {repository: 'acme/infra', branch: 'main'},
			...defined({restart: canRestart ? 'docker compose restart registry' : undefined}),
		},
		faults: faults.map(fault => ({via: [], detail: '', ...fault})),
		scan: {
			complete: true,
			findings: findings.map(finding => ({
				repository: 'infra-ci',
				tags: ['latest'],
				via: [],
				missing,
				detail: '',
				remedy: 'rebuild',
				...finding,
			})),
		},
		hostRefused: false,
		tried,
	});
}

// Seen on docker-registry 2.8.2 after `garbage-collect -m` without a restart.
const remembered: [Pick<Fault, 'kind' | 'digest'>[], Pick<Finding, 'kind' | 'digest'>[]] = [
	[{kind: 'blob-empty', digest: layer}],
	[{kind: 'layer-missing', digest: layer}],
];

test('a registry that claims what its disk has lost is restarted before anything is pushed', () => {
	const [first] = weigh(...remembered);

	expect(first).toMatchObject({key: 'restart', recommended: true});
	expect(first?.why).toContain('Restart first, then rebuild');
});

test('after the restart the rebuild is recommended without the warning about its push', () => {
	const [first] = weigh(...remembered, {tried: ['restart']});

	expect(first).toMatchObject({key: 'rebuild-ci', recommended: true});
	expect(first?.risk).not.toContain('stores nothing');
});

test('where no restart is configured, the rebuild warns that the registry may drop the push', () => {
	const options = weigh(...remembered, {canRestart: false});

	expect(options[0]).toMatchObject({key: 'rebuild-ci', recommended: true});
	expect(options[0]?.risk).toContain('stores nothing');
	expect(options.find(({key}) => key === 'restart')?.blocked).toContain('No restart command');
});

test('swept children recommend the rebuild, with that warning; the disk alone proves no stale cache', () => {
	const [first] = weigh([{kind: 'child-missing', digest: child}], [{kind: 'child-swept', digest: child}], {
		missing: [layer],
	});

	expect(first).toMatchObject({key: 'rebuild-ci', recommended: true});
	expect(first?.risk).toContain('stores nothing');
});

test('an emptied layer that the disk shows just as empty is no case for a restart', () => {
	const [first] = weigh([{kind: 'blob-empty', digest: layer}], [{kind: 'blob-empty', digest: layer}]);

	expect(first?.key).toBe('rebuild-ci');
});
