import {expect, test} from 'vitest';
import {defined} from '../../../src/domain/defined.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import type {Fault} from '../../../src/domain/image/fault.ts';
import type {Evidence} from '../../../src/domain/remedy/evidence.ts';
import {weighRemedies} from '../../../src/domain/remedy/weigh-remedies.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';

const layer = `sha256:${'a'.repeat(64)}` as Digest;
const child = `sha256:${'b'.repeat(64)}` as Digest;

function weigh(
	faults: Pick<Fault, 'kind' | 'digest'>[],
	findings: Partial<Finding>[],
	{
		tried = [] as string[],
		canRestart = true,
		missing = [] as Digest[],
		more = {} as Pick<NonNullable<Evidence['scan']>, 'memory' | 'cache' | 'suspicion' | 'held'>,
	} = {},
) {
	return weighRemedies({
		settings: {
			...{
				role: 'authoritative',
				platforms: {},
				plainHttp: false,
				runsInItself: false,
				runsIn: [],
				neededByPipelines: false,
				usedByPipelines: [],
			},
			pipeline: {repository: 'acme/infra', branch: 'main'},
			...defined({restart: canRestart ? 'docker compose restart registry' : undefined}),
		},
		faults: faults.map(fault => ({via: [], detail: '', ...fault})),
		scan: {
			...more,
			complete: true,
			findings: findings.map(finding => ({
				kind: 'child-swept',
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

test('where no restart is configured, it is for a person, and the rebuild warns that the registry may drop the push', () => {
	const options = weigh(...remembered, {canRestart: false});

	expect(options[0]).toMatchObject({key: 'by-hand', title: 'Restart the registry by hand', recommended: true});
	expect(options.find(({key}) => key === 'rebuild-ci')?.risk).toContain('stores nothing');
	expect(weigh(...remembered, {canRestart: false, tried: ['by-hand']})[0]).toMatchObject({
		key: 'rebuild-ci',
		risk: expect.not.stringContaining('stores nothing'),
	});
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

const swept: [Pick<Fault, 'kind' | 'digest'>[], Pick<Finding, 'kind' | 'digest'>[]] = [
	[{kind: 'child-missing', digest: child}],
	[{kind: 'child-swept', digest: child}],
];
const proven = {kind: 'proven', repository: 'infra-ci', digest: layer, detail: 'HTTP 200'} as const;

test('an answer for a part of a swept child proves the memory: the restart comes first, and is called proven', () => {
	const [first] = weigh(...swept, {missing: [layer], more: {memory: proven, cache: 'inmemory'}});

	expect(first).toMatchObject({key: 'restart', recommended: true, why: expect.stringMatching(/^Proven: .*rebuild\.$/)});
});

test('where the cache is was not found out, the restart says that one in Redis outlives it', () => {
	const [first] = weigh(...swept, {missing: [layer], more: {memory: proven, cache: 'unknown'}});

	expect(first).toMatchObject({key: 'restart', why: expect.stringContaining('Redis outlives')});
});

test('404 for every missing part takes the warning about the push away; 404 for some does not', () => {
	const risk = (asked: number) =>
		weigh(...swept, {missing: [layer], more: {memory: {kind: 'not-seen', asked, of: 2}}}).find(
			({key}) => key === 'rebuild-ci',
		)!.risk;

	expect(risk(2)).not.toContain('stores nothing');
	expect(risk(1)).toContain('stores nothing');
});

test('with a cache in Redis the keys are deleted first: no restart is recommended, before or after that', () => {
	const more = {memory: proven, cache: 'redis'} as const;
	const options = weigh(...swept, {missing: [layer], more});
	const after = weigh(...swept, {missing: [layer], more, tried: ['by-hand']});

	expect(options[0]).toMatchObject({
		key: 'by-hand',
		title: 'Delete the stale keys from Redis by hand',
		changes: expect.stringContaining('repository::infra-ci::blobs::DIGEST'),
	});
	expect(options.find(({key}) => key === 'restart')?.why).toContain('A restart does not help');
	expect(options.find(({key}) => key === 'rebuild-ci')?.risk).toContain('whose keys in Redis were not deleted');
	expect(after[0]).toMatchObject({key: 'rebuild-ci', risk: expect.not.stringContaining('stores nothing')});
	expect(weigh(...swept, {missing: [layer], more, tried: ['restart']})[0]?.key).toBe('by-hand');
});

test('a whole disk behind a broken answer is a suspicion, and none at all without a cache that a restart empties', () => {
	const whole: typeof swept = [[{kind: 'child-missing', digest: child}], []];
	const restartFor = (cache: 'inmemory' | 'redis' | 'none') =>
		weigh(...whole, {more: {cache}}).find(({key}) => key === 'restart')!;

	expect(restartFor('inmemory')).toMatchObject({recommended: true, why: expect.stringMatching(/^Not proven/)});
	expect(restartFor('redis')).toMatchObject({recommended: false, why: expect.stringContaining('FLUSHDB')});
	expect(restartFor('none')).toMatchObject({recommended: false, why: expect.stringContaining('no descriptor cache')});
});

test.each(['older-process', 'links-since'] as const)(
	'a process that is suspected to remember what was lost (%s) is restarted before anything is pushed',
	kind => {
		const times = {started: '2026-04-19T01:00:00Z', lost: '2026-04-19T02:00:00Z'};
		const suspicion = kind === 'links-since' ? {kind, ...times, links: 1} : {kind, ...times};
		const dangling: typeof swept = [[{kind: 'tag-dangling'}], [{kind: 'tag-dangling', digest: child}]];

		expect(weigh(...dangling, {more: {suspicion}})[0]).toMatchObject({
			key: 'restart',
			why: expect.stringMatching(/^Suspected, not proven/),
		});
		expect(weigh(...dangling, {more: {suspicion}, tried: ['restart']})[0]).toMatchObject({
			key: 'rebuild-ci',
			risk: expect.not.stringContaining('stores nothing'),
		});
		expect(weigh(...dangling, {more: {suspicion}, canRestart: false})[0]!.key).toBe('by-hand');
	},
);

test('where the age of the process is not known, the rebuild says what may happen to its push', () => {
	const options = weigh(...swept, {more: {suspicion: {kind: 'unknown-age', lost: '2026-04-19T02:00:00Z'}}});

	expect(options[0]).toMatchObject({key: 'rebuild-ci', risk: expect.stringContaining('stores nothing')});
	expect(options.find(({key}) => key === 'restart')!.why).toMatch(/^Not known: /);
});

const plan = {complete: true, parts: [{digest: child, role: 'manifest', where: 'disk'}]} satisfies Finding['plan'];
const unlinked: [Pick<Fault, 'kind' | 'digest'>[], Partial<Finding>[]] = [
	[],
	[{kind: 'child-unlinked', digest: child, remedy: 'relink', plan}],
];
const heldOf = (repository: string) => [{repository, tag: 'latest', digest: child}];

test('what only the memory still serves is relinked before the restart that forgets it', () => {
	const served = weigh(...unlinked, {more: {held: heldOf('infra-ci'), memory: proven}});

	expect(served[0]!.key).toBe('relink');
	expect(served.find(({key}) => key === 'restart')!.blocked).toMatch(/^Relink first/);
	expect(weigh(...unlinked, {more: {memory: proven}})[0]!.key).toBe('relink');
	expect(weigh(...unlinked, {more: {memory: proven}, tried: ['relink']})[0]!.key).toBe('restart');
});

test('a restart that would make another image unpullable cannot be chosen, and a person relinks that image first', () => {
	const options = weigh(...swept, {missing: [layer], more: {memory: proven, held: heldOf('acme/app')}});

	expect(options[0]).toMatchObject({
		key: 'by-hand',
		why: expect.stringContaining('acme/app:latest only from its memory'),
	});
	expect(options.find(({key}) => key === 'restart')!.blocked).toContain('acme/app:latest');
});

test('a part that the registry cannot read, and the disk holds whole, is the storage: there are instructions only', () => {
	const options = weigh([{kind: 'part-unserved', digest: layer}], []);

	expect(options[0]).toMatchObject({
		key: 'by-hand',
		title: 'Repair the storage of the registry by hand',
		why: expect.stringMatching(
			/The disk holds every part, and the registry cannot read one .* the permissions of the registry/,
		),
	});
	expect(options.filter(({blocked}) => blocked === undefined)).toHaveLength(1);
});
