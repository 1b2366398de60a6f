import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {freeze} from '../../../src/domain/incident/freeze.ts';
import type {Incident, Visit} from '../../../src/domain/incident/incident.ts';
import {isObject, type JsonObject} from '../../../src/domain/json.ts';
import {type Evidence, weighRemedies} from '../../../src/domain/remedy/advice.ts';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';
import {tries} from '../../support/sweep.ts';

const settings = {
	restart: 'docker compose restart',
	pipeline: 'acme/infra@main',
	fallback: 'registry-vm',
	runsInItself: false,
};
const fault = {kind: 'child-missing', digest: 'sha256:a', via: [], detail: 'gone'};
const finding = (kind: string, remedy: string) => ({
	kind,
	remedy,
	digest: 'sha256:a',
	repository: 'a',
	tags: ['latest'],
	via: [],
	missing: [],
	detail: '',
});
const swept = finding('child-swept', 'rebuild');
const a = `sha256:${'a'.repeat(64)}`;
const plan = (role: string, where: string, complete = true) => ({
	plan: {complete, parts: [{digest: a, role, where, size: 2_000_000, from: 'acme/base'}]},
});
const unlinked = {...finding('child-unlinked', 'relink'), ...plan('manifest', 'disk')};

function weigh(evidence: Partial<Evidence>) {
	return weighRemedies({settings, tried: [], faults: [fault], findings: null, sibling: null, ...evidence} as Evidence);
}

const recommended = (evidence: Partial<Evidence>) => weigh(evidence)[0]!.key;

test.each<[string, Partial<Evidence>, string]>([
	['what lost only its link is relinked', {findings: [unlinked]}, 'relink'],
	['what is gone is rebuilt', {findings: [swept]}, 'rebuild-ci'],
	['what is partly gone is rebuilt', {findings: [unlinked, swept]}, 'rebuild-ci'],
	[
		'a layer that lost its link is relinked from where it is',
		{findings: [{...finding('layer-unlinked', 'relink'), ...plan('layer', 'elsewhere')}]},
		'relink',
	],
	[
		'a layer without a whole plan is not for relink to bring back',
		{findings: [{...finding('layer-unlinked', 'relink'), ...plan('layer', 'gone', false)}]},
		'rebuild-ci',
	],
	[
		'a pipeline that runs in the broken image cannot mend it',
		{findings: [swept], settings: {...settings, runsInItself: true}},
		'rebuild-fallback',
	],
	['what CI could not do is done without', {findings: [swept], tried: ['rebuild-ci']}, 'rebuild-fallback'],
	['a whole disk and a broken answer is the registry’s memory', {findings: [], complete: true}, 'restart'],
	['a disk that was only partly read shows nothing of the kind', {findings: [], complete: false}, 'rebuild-ci'],
	['without a scan it is rebuilt', {}, 'rebuild-ci'],
	['without anything configured it is for a person', {settings: {}, findings: [swept]}, 'by-hand'],
	['an older image is the last resort', {settings: {}, findings: [swept], sibling: 'r/a:old'}, 're-point'],
	['when all was tried it is for a person', {findings: [swept], tried: ['rebuild-ci', 'rebuild-fallback']}, 'by-hand'],
	[
		'a build under way is gone on with',
		{findings: [swept], tried: ['rebuild-ci'], underWay: 'rebuild-ci'},
		'rebuild-ci',
	],
])('%s', (_what, evidence, key) => {
	expect(recommended(evidence)).toBe(key);
});

test('while one build is under way the other is locked, and says how to unlock it', () => {
	for (const [running, other] of [
		['rebuild-ci', 'rebuild-fallback'],
		['rebuild-fallback', 'rebuild-ci'],
	] as const) {
		const options = weigh({findings: [swept], underWay: running});

		expect(options.find(({key}) => key === other)!.blocked).toMatch(/still waits or runs/);
		expect(options.find(({key}) => key === running)).toMatchObject({
			recommended: true,
			why: expect.stringContaining('not begun anew'),
		});
	}
});

test('one is recommended, it is the first, it can be taken, and every other says why it is where it is', () => {
	const any = fc.record({
		findings: fc.option(
			fc.array(fc.constantFrom(swept, unlinked, finding('answers-differ', 'restart')), {maxLength: 3}),
			{nil: null},
		),
		tried: fc.subarray(['restart', 'relink', 're-point', 'rebuild-ci', 'rebuild-fallback', 'by-hand']),
		sibling: fc.option(fc.constant('r/a:old'), {nil: null}),
		complete: fc.option(fc.boolean(), {nil: null}),
		settings: fc.record(
			{restart: fc.constant('x'), pipeline: fc.constant('x'), fallback: fc.constant('x'), runsInItself: fc.boolean()},
			{requiredKeys: []},
		),
	});
	fc.assert(
		fc.property(any, evidence => {
			const options = weigh(evidence as Partial<Evidence>);

			expect(options.filter(option => option.recommended)).toEqual([options[0]]);
			expect(options[0]!.blocked).toBeUndefined();
			expect(options.every(({why, changes, risk, takes}) => why && changes && risk && takes)).toBe(true);
			expect(new Set(options.map(({key}) => key)).size).toBe(6);
		}),
		{numRuns: tries(100)},
	);
});

const {runbook} = parseRunbook(readFileSync(new URL('../../../runbooks/orphan-index.md', import.meta.url), 'utf8'));

function deciding(visits: Partial<Visit>[]): JsonObject[] {
	const numbered = visits.map((visit, at) => ({output: {}, tries: 0, attempt: at + 1, ...visit}));
	const incident = {
		runbook,
		inputs: {image: 'r/a:latest'},
		settings,
		visits: numbered,
		openedAt: '',
		id: '',
	} as unknown as Incident;
	const frozen = freeze(incident, runbook!.steps.find(({id}) => id === 'decide')!);
	return frozen.ok && Array.isArray(frozen.with.options) ? frozen.with.options.filter(isObject) : expect.unreachable();
}

const scanned = {
	step: 'scan-storage',
	shows: 'cause' as const,
	outcome: 'found',
	output: {findings: [unlinked] as never, complete: true},
};
const chose = (outcome: string) => ({step: 'decide', outcome, ended: 'answered' as const});

test('a remedy that was declined at its gate, or never began, is still untried', () => {
	for (const ended of ['declined', 'left', 'surprise'] as const) {
		const [first] = deciding([scanned, chose('relink'), {step: 'relink', ended}]);
		expect(first).toMatchObject({key: 'relink', recommended: true, why: expect.not.stringContaining('Tried')});
	}

	const [first, ...others] = deciding([
		scanned,
		chose('relink'),
		{step: 'relink', ended: 'ran', outcome: 'rejected', tries: 1},
	]);
	expect(first!.key).toBe('rebuild-ci');
	expect(others.find(({key}) => key === 'relink')!.why).toMatch(/^Tried already/);
});

test('a pipeline that still runs locks the fallback until it ended or a person has dealt with it', () => {
	const late = [scanned, chose('rebuild-ci'), {step: 'build-ci', ended: 'ran' as const, outcome: 'late', tries: 1}];
	const fallback = (visits: Partial<Visit>[]) => deciding(visits).find(({key}) => key === 'rebuild-fallback')!;

	expect(fallback(late).blocked).toMatch(/still waits or runs/);
	expect(fallback([...late, {step: 'build-ci', ended: 'ran', outcome: 'failed', tries: 1}]).blocked).toBeUndefined();
	expect(
		fallback([...late, chose('by-hand'), {step: 'repair-by-hand', ended: 'answered', outcome: 'done'}]).blocked,
	).toBeUndefined();
});

test('only remedies the runbook has steps for are offered, and its own options come last', () => {
	const keys = deciding([scanned]).map(({key}) => key);

	expect(keys.slice(-2)).toEqual(['again', 'hand-over']);
	expect(new Set(keys).size).toBe(keys.length);
});

test('a relink says what it is made of, how long it takes and what may keep the registry from taking it', () => {
	const uploaded = {...finding('layer-unlinked', 'relink'), ...plan('layer', 'disk')};
	const foreign = {...unlinked, plan: {...unlinked.plan, caveats: ['it has layers that live elsewhere']}};
	const [quick] = weigh({findings: [unlinked]});
	const [long] = weigh({findings: [foreign, uploaded]});

	expect(quick).toMatchObject({title: 'Relink 1 manifest', takes: 'seconds'});
	expect(long).toMatchObject({
		title: 'Relink 1 manifest and 1 layer',
		changes: expect.stringContaining('uploads 2.0 MB from the disk'),
		risk: expect.stringContaining('it has layers that live elsewhere'),
		takes: 'as long as the upload takes',
	});
});

const layerOf = `sha256:${'b'.repeat(64)}`;
const checked = (faults: object[]) => ({
	step: 'verify',
	shows: 'verdict' as const,
	outcome: 'broken',
	output: {faults} as never,
});
const ran = (step: string, outcome: string) => ({step, ended: 'ran' as const, outcome, tries: 1});
// Seen on docker-registry 2.8.2: the cache remembered a layer that the collection had taken, and the push left it out.
const swallowedBuild = [
	checked([fault]),
	{...scanned, output: {findings: [swept] as never, complete: true}},
	chose('rebuild-ci'),
	ran('build-ci', 'succeeded'),
	checked([{...fault, kind: 'blob-empty', digest: layerOf}]),
	{...scanned, output: {findings: [{...swept, kind: 'layer-missing', digest: layerOf}] as never, complete: true}},
];

test('what the latest check found is what is decided from: a build that the registry swallowed wants a restart', () => {
	expect(deciding(swallowedBuild)[0]).toMatchObject({key: 'restart', why: expect.stringContaining('from memory')});
});

test('after the restart a build that was green and changed nothing is worth another try; one that failed is not', () => {
	const restarted = [
		chose('restart'),
		ran('restart-registry', 'restarted'),
		checked([{...fault, kind: 'layer-missing', digest: layerOf}]),
	];
	const failed = swallowedBuild.map(visit => (visit.step === 'build-ci' ? ran('build-ci', 'failed') : visit));

	expect(deciding([...swallowedBuild, ...restarted])[0]!.key).toBe('rebuild-ci');
	expect(deciding([...failed.filter(({step}) => step !== 'verify'), ...restarted])[0]!.key).toBe('rebuild-fallback');
});

test('of a disk that nobody has looked at nothing is claimed, and a host that was refused is not worked on', () => {
	const refused = {step: 'scan-storage', shows: 'cause' as const, outcome: 'refused', output: {}};
	const [first, ...others] = deciding([checked([fault]), refused]);
	const why = (key: string) => [first!, ...others].find(option => option.key === key);

	expect(why('restart')!.why).not.toContain('damaged');
	expect(why('restart')!.blocked).toContain('refused');
	expect(why('rebuild-fallback')!.blocked).toContain('refused');
	expect(first!.key).toBe('rebuild-ci');
});
