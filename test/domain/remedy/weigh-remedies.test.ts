import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {defined} from '../../../src/domain/defined.ts';
import {parseDigest} from '../../../src/domain/image/digest.ts';
import type {Fault} from '../../../src/domain/image/fault.ts';
import type {FinishedVisit, Visit} from '../../../src/domain/incident/incident.ts';
import {resolveStep} from '../../../src/domain/incident/resolve-step.ts';
import type {SiblingOption} from '../../../src/domain/incident/schemas.ts';
import type {Settings} from '../../../src/domain/incident/settings.ts';
import {isObject, type JsonObject} from '../../../src/domain/json.ts';
import {open as openIncident} from '../../../src/domain/machine/beginnings.ts';

import type {Evidence} from '../../../src/domain/remedy/evidence.ts';
import {weighRemedies} from '../../../src/domain/remedy/weigh-remedies.ts';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';
import type {Finding} from '../../../src/domain/storage/findings/finding.ts';
import type {RelinkPart} from '../../../src/domain/storage/walk/relink-plan.ts';
import {checkValues, outputOf, scanValues} from '../../support/outputs.ts';
import {tries} from '../../support/sweep.ts';

const settings: Settings = {
	role: 'authoritative',
	platforms: {},
	plainHttp: false,
	runsInItself: false,
	runsIn: [],
	neededByPipelines: false,
	usedByPipelines: [],
	restart: 'docker compose restart',
	pipeline: {repository: 'acme/infra', branch: 'main'},
	fallback: {
		place: 'registry-vm',
		git: 'https://git.example/acme/infra',
		context: '.',
		dockerfile: 'Dockerfile',
		tags: [],
		builder: 'auto',
		environment: {},
		args: {},
		secrets: {},
	},
};
const bare: Settings = {
	role: 'authoritative',
	platforms: {},
	plainHttp: false,
	runsInItself: false,
	runsIn: [],
	neededByPipelines: false,
	usedByPipelines: [],
};
const a = parseDigest(`sha256:${'a'.repeat(64)}`);
const fault: Fault = {kind: 'child-missing', digest: a, via: [], detail: 'gone'};
const finding = (kind: Finding['kind'], remedy: Finding['remedy']): Finding => ({
	kind,
	remedy,
	digest: a,
	repository: 'a',
	tags: ['latest'],
	via: [],
	missing: [],
	detail: '',
});
const swept = finding('child-swept', 'rebuild');
const plan = (role: RelinkPart['role'], where: RelinkPart['where'], complete = true) => ({
	plan: {complete, parts: [{digest: a, role, where, size: 2_000_000, from: 'acme/base'}]},
});
const unlinked: Finding = {...finding('child-unlinked', 'relink'), ...plan('manifest', 'disk')};
const sibling: SiblingOption = {
	reference: 'registry.example/a:old',
	key: 'old',
	title: '',
	status: '',
	tags: ['old'],
	wasNamed: false,
	digest: a,
	platforms: ['linux/amd64'],
	age: 'older',
	ageBy: 'built',
};
const scan = (...findings: Finding[]) => ({scan: {findings, complete: true}});

function weigh(evidence: Partial<Evidence>) {
	return weighRemedies({settings, faults: [fault], hostRefused: false, tried: [], ...evidence});
}

const recommended = (evidence: Partial<Evidence>) => weigh(evidence)[0]!.key;

test.each<[string, Partial<Evidence>, string]>([
	['what lost only its link is relinked', scan(unlinked), 'relink'],
	['what is gone is rebuilt', scan(swept), 'rebuild-ci'],
	['what is partly gone is rebuilt', scan(unlinked, swept), 'rebuild-ci'],
	[
		'a layer that lost its link is relinked from where it is',
		scan({...finding('layer-unlinked', 'relink'), ...plan('layer', 'elsewhere')}),
		'relink',
	],
	[
		'a layer without a whole plan is not for relink to bring back',
		scan({...finding('layer-unlinked', 'relink'), ...plan('layer', 'gone', false)}),
		'rebuild-ci',
	],
	[
		'a pipeline that runs in the broken image cannot mend it',
		{...scan(swept), settings: {...settings, runsInItself: true}},
		'rebuild-fallback',
	],
	['what CI could not do is done without', {...scan(swept), tried: ['rebuild-ci']}, 'rebuild-fallback'],
	['a whole disk and a broken answer is the registry’s memory', scan(), 'restart'],
	['a disk that was only partly read shows nothing of the kind', {scan: {findings: [], complete: false}}, 'rebuild-ci'],
	['without a scan it is rebuilt', {}, 'rebuild-ci'],
	['without anything configured it is for a person', {settings: bare, ...scan(swept)}, 'by-hand'],
	[
		'an older image is the last resort',
		{settings: bare, scan: {findings: [swept], complete: true, siblings: [sibling]}},
		're-point',
	],
	['when all was tried it is for a person', {...scan(swept), tried: ['rebuild-ci', 'rebuild-fallback']}, 'by-hand'],
	['a build under way is gone on with', {...scan(swept), tried: ['rebuild-ci'], underWay: 'rebuild-ci'}, 'rebuild-ci'],
])('%s', (_what, evidence, key) => {
	expect(recommended(evidence)).toBe(key);
});

test('while one build is under way the other is blocked, and says how to unblock it', () => {
	for (const [running, other] of [
		['rebuild-ci', 'rebuild-fallback'],
		['rebuild-fallback', 'rebuild-ci'],
	] as const) {
		const options = weigh({...scan(swept), underWay: running});

		expect(options.find(({key}) => key === other)!.blocked).toMatch(/still waits or runs/);
		expect(options.find(({key}) => key === running)).toMatchObject({
			recommended: true,
			why: expect.stringContaining('starts no second one'),
		});
	}
});

test('exactly one option is recommended, it is the first and not blocked, and every other has a reason', () => {
	const any = fc.record(
		{
			scan: fc.record(
				{
					findings: fc.array(fc.constantFrom(swept, unlinked, finding('answers-differ', 'restart')), {maxLength: 3}),
					complete: fc.boolean(),
					siblings: fc.array(fc.constant(sibling), {minLength: 1, maxLength: 2}),
				},
				{requiredKeys: ['findings', 'complete']},
			),
			tried: fc.subarray(['restart', 'relink', 're-point', 'rebuild-ci', 'rebuild-fallback', 'by-hand']),
			hostRefused: fc.boolean(),
			settings: fc.constantFrom(
				bare,
				settings,
				{...settings, runsInItself: true},
				{...bare, restart: 'x'},
				{...bare, ...defined({pipeline: settings.pipeline})},
				{...bare, ...defined({fallback: settings.fallback})},
			),
		},
		{requiredKeys: ['tried', 'settings', 'hostRefused']},
	);
	fc.assert(
		fc.property(any, evidence => {
			const options = weigh(evidence);

			expect(options.filter(option => option.recommended)).toEqual([options[0]]);
			expect(options[0]!.blocked).toBeUndefined();
			expect(options.every(({why, changes, risk, takes}) => why && changes && risk && takes)).toBe(true);
			expect(new Set(options.map(({key}) => key)).size).toBe(6);
		}),
		{numRuns: tries(100)},
	);
});

const {runbook} = parseRunbook(readFileSync(new URL('../../../runbooks/orphan-index.md', import.meta.url), 'utf8'));

type Went = Partial<Pick<FinishedVisit, 'step' | 'outcome' | 'output' | 'shows' | 'tries' | 'say' | 'problem'>> & {
	ended?: Visit['ended'];
};

function deciding(visits: Went[]): JsonObject[] {
	const [opened] = openIncident({
		type: 'incident.opened',
		schema: 'regmedic.journal/1',
		incident: 'calm-otter',
		version: '0.1.0',
		runbook: runbook!.text,
		inputs: {image: 'registry.example/a:latest'},
		settings: {},
		dryRun: false,
		at: '2026-04-19T03:00:00.000Z',
		mono: 0,
		actor: 'ada',
	});
	const numbered = visits.map(
		(visit, at) => ({values: {}, tries: 0, success: ['restarted'], attempt: at + 1, ...visit}) as Visit,
	);
	const step = runbook!.steps.find(({id}) => id === 'decide')!;
	const resolved = resolveStep({...opened, settings, visits: numbered}, step);
	return resolved.ok && Array.isArray(resolved.with.options)
		? resolved.with.options.filter(isObject)
		: expect.unreachable();
}

const scanOf = (...findings: Finding[]) => outputOf('storage.scan', scanValues({findings}));
const scanned = {step: 'scan-storage', shows: 'cause' as const, outcome: 'found', output: scanOf(unlinked)};
const chose = (outcome: string) => ({step: 'decide', outcome, ended: 'answered' as const});

test('a remedy that was declined at its gate, or never started, is still untried', () => {
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

test('a pipeline that still runs blocks the fallback until it ended or a person repaired the image by hand', () => {
	const late = [scanned, chose('rebuild-ci'), {step: 'build-ci', ended: 'ran' as const, outcome: 'late', tries: 1}];
	const fallback = (visits: Went[]) => deciding(visits).find(({key}) => key === 'rebuild-fallback')!;

	expect(fallback(late).blocked).toMatch(/still waits or runs/);
	expect(fallback([...late, {step: 'build-ci', ended: 'ran', outcome: 'failed', tries: 1}]).blocked).toBeUndefined();
	expect(
		fallback([...late, chose('by-hand'), {step: 'repair-by-hand', ended: 'answered', outcome: 'done'}]).blocked,
	).toBeUndefined();
});

test('only remedies that the runbook has steps for are offered, and its own options come last', () => {
	const keys = deciding([scanned]).map(({key}) => key);

	expect(keys.slice(-2)).toEqual(['again', 'hand-over']);
	expect(new Set(keys).size).toBe(keys.length);
});

test('a relink says what it is made of, how long it takes and what may keep the registry from taking it', () => {
	const uploaded = {...finding('layer-unlinked', 'relink'), ...plan('layer', 'disk')};
	const foreign = {...unlinked, plan: {...unlinked.plan!, caveats: ['it has layers that live elsewhere']}};
	const [quick] = weigh(scan(unlinked));
	const [long] = weigh(scan(foreign, uploaded));

	expect(quick).toMatchObject({title: 'Relink 1 manifest', takes: 'seconds'});
	expect(long).toMatchObject({
		title: 'Relink 1 manifest and 1 layer',
		changes: expect.stringContaining('uploads 2.0 MB from the disk'),
		risk: expect.stringContaining('it has layers that live elsewhere'),
		takes: 'as long as the upload takes',
	});
});

const layerOf = parseDigest(`sha256:${'b'.repeat(64)}`);
const checked = (...faults: Fault[]) => ({
	step: 'verify',
	shows: 'verdict' as const,
	outcome: 'broken',
	output: outputOf('registry.verify', checkValues('broken', {faults})),
});
const ran = (step: string, outcome: string) => ({step, ended: 'ran' as const, outcome, tries: 1});
// Seen on docker-registry 2.8.2: the cache remembered a layer that the collection had taken, and the push left it out.
const swallowedBuild = [
	checked(fault),
	{...scanned, output: scanOf(swept)},
	chose('rebuild-ci'),
	ran('build-ci', 'succeeded'),
	checked({...fault, kind: 'blob-empty', digest: layerOf}),
	{...scanned, output: scanOf({...swept, kind: 'layer-missing', digest: layerOf})},
];

test('the latest check decides: after a build whose push the registry dropped, the restart is recommended', () => {
	expect(deciding(swallowedBuild)[0]).toMatchObject({key: 'restart', why: expect.stringContaining('from memory')});
});

test('after the restart a green build that changed nothing is recommended again; a failed one is not', () => {
	const restarted = [
		chose('restart'),
		ran('restart-registry', 'restarted'),
		checked({...fault, kind: 'layer-missing', digest: layerOf}),
	];
	const failed = swallowedBuild.map(visit => (visit.step === 'build-ci' ? ran('build-ci', 'failed') : visit));

	expect(deciding([...swallowedBuild, ...restarted])[0]!.key).toBe('rebuild-ci');
	expect(deciding([...failed.filter(({step}) => step !== 'verify'), ...restarted])[0]!.key).toBe('rebuild-fallback');
});

test('a restart that failed is not tried: it stays recommended, and the builds keep their warning', () => {
	const failed = [chose('restart'), {...ran('restart-registry', 'failed'), say: 'It ended with 125.'}];
	const [first, ...others] = deciding([...swallowedBuild, ...failed]);

	expect(first).toMatchObject({
		key: 'restart',
		why: expect.stringMatching(/^Attempted before, without effect: It ended with 125\./),
	});
	for (const key of ['rebuild-ci', 'rebuild-fallback']) {
		expect(others.find(option => option.key === key)!.risk).toContain('stores nothing');
	}
});

test.each(['refused', 'unreachable', 'busy', 'unavailable'])(
	'a fallback build that ended with "%s" is not tried; CI comes first then',
	outcome => {
		const options = deciding([
			{...scanned, output: scanOf(swept)},
			chose('rebuild-fallback'),
			{...ran('build-fallback', outcome), say: 'The host is locked.'},
		]);

		expect(options[0]!.key).toBe('rebuild-ci');
		expect(options.find(({key}) => key === 'rebuild-fallback')!.why).toMatch(
			/^Attempted before, without effect: The host is locked\./,
		);
	},
);

test('of a pipeline is said which tags it is declared to push, and one that does not push the tag cannot repair it', () => {
	const ofPipeline = (pushes?: string[]) => {
		const pipeline = {repository: 'acme/infra', branch: 'main', ...defined({pushes})};
		const options = weigh({settings: {...settings, pipeline}, tag: 'latest', ...scan(swept)});
		return {first: options[0]!.key, ...options.find(({key}) => key === 'rebuild-ci')!};
	};

	expect(ofPipeline()).toMatchObject({first: 'rebuild-ci', changes: expect.stringContaining('not declared')});
	expect(ofPipeline(['latest', 'main'])).toMatchObject({
		first: 'rebuild-ci',
		changes: 'triggers acme/infra@main and pushes latest, main',
	});
	expect(ofPipeline(['main'])).toMatchObject({
		first: 'rebuild-fallback',
		blocked: 'Its pipeline does not push latest (images.….build.pushes).',
	});
});

test('an order that ended because a tag had changed was no try of the build', () => {
	const problem = {code: 'build.tag-changed' as const, message: 'It has moved.', hint: 'Look again.'};
	const options = deciding([
		{...scanned, output: scanOf(swept)},
		chose('rebuild-ci'),
		{...ran('build-ci', 'rejected'), problem, say: problem.message},
	]);

	expect(options.find(({key}) => key === 'rebuild-ci')!.why).toMatch(
		/^Attempted before, without effect: It has moved\./,
	);
});

test('an incomplete scan neither calls the disk damaged nor says that nothing is on it', () => {
	const partly = (...findings: Finding[]) => weigh({scan: {findings, complete: false}});
	const words = (options: ReturnType<typeof weigh>) => options.map(({why, blocked}) => `${why} ${blocked}`).join(' ');

	for (const options of [partly(), partly(swept), partly(unlinked), partly(unlinked, swept)]) {
		expect(words(options)).not.toMatch(
			/disk itself is damaged|Nothing that is missing is still on disk|gone from the disk/,
		);
		expect(words(options)).toContain('could be read');
	}
});

test('corrupt bytes of the right size are no proof of a memory: a scan does not hash', () => {
	const corrupt: Fault = {...fault, kind: 'blob-corrupt'};
	const options = weigh({faults: [corrupt], ...scan()});

	expect(options[0]!.key).toBe('rebuild-ci');
	expect(options[0]!.risk).toContain('move that data aside');
	expect(options.find(({key}) => key === 'restart')!.why).toContain(
		'nothing shows that the registry answers from memory',
	);
});

test('on the disk of another registry nothing is restarted or relinked, and a person corrects that first', () => {
	const options = weigh({scan: {findings: [], complete: false, another: 'Another registry responds.'}});
	const blocked = options.filter(option => option.blocked !== undefined).map(({key}) => key);

	expect(options[0]).toMatchObject({key: 'by-hand', why: expect.stringContaining('storage.root')});
	expect(blocked).toEqual(expect.arrayContaining(['restart', 'relink']));
});

test('without a scan nothing is claimed about the disk, and a host that refused the login is blocked', () => {
	const refused = {step: 'scan-storage', shows: 'cause' as const, outcome: 'refused', output: {kind: 'none'} as const};
	const [first, ...others] = deciding([checked(fault), refused]);
	const why = (key: string) => [first!, ...others].find(option => option.key === key);

	expect(why('restart')!.why).not.toContain('damaged');
	expect(why('restart')!.blocked).toContain('refused');
	expect(why('rebuild-fallback')!.blocked).toContain('refused');
	expect(first!.key).toBe('rebuild-ci');
});

test('what is in the way of a relink is named, and no relink, however whole its plan is, can be chosen', () => {
	const path = 'repositories/a/_manifests/revisions/sha256/aa/link';
	const options = weigh(scan({...unlinked, aside: [{path, is: 'folder'}]}));
	const option = (wanted: string) => options.find(({key}) => key === wanted)!;

	expect(options[0]!.key).toBe('rebuild-ci');
	expect(option('relink').blocked).toBe(
		`First move aside ${path} on the host: no push replaces what is there. Then check the image again.`,
	);
	expect(option('rebuild-ci').risk).toContain(`first move aside ${path} on the host`);
});

test('damaged data is moved aside before a rebuild, whose push would not replace it', () => {
	const path = 'blobs/sha256/aa/data';
	const options = weigh(scan({...finding('blob-truncated', 'rebuild'), aside: [{path, is: 'damaged-data'}]}));

	expect(options.find(({key}) => key === 'rebuild-fallback')!.risk).toContain(`first move aside ${path}`);
	expect(options.find(({key}) => key === 'relink')!.blocked).toBe('Nothing that is missing is still on disk.');
});

test('a tag that names nothing goes back to what it named last, unless equal times leave that open', () => {
	const dangling = (...named: string[]): Finding => ({
		...finding('tag-dangling', 're-point'),
		history: named.map(time => ({tag: 'latest', digest: a, named: time})),
	});
	const siblings = [sibling];
	const weighed = (...named: string[]) =>
		recommended({scan: {findings: [dangling(...named)], complete: true, siblings}});

	expect(weighed('2026-04-02T00:00:00Z')).toBe('re-point');
	expect(weighed('2026-04-02T00:00:00Z', '2026-04-01T00:00:00Z')).toBe('re-point');
	expect(weighed('2026-04-01T00:00:00Z', '2026-04-01T00:00:00Z')).toBe('rebuild-ci');
});

test('a tag that was set back is pointed at what it named last, and a person chooses where equal times leave that open', () => {
	const setBack = (...named: string[]): Finding => ({
		...finding('tag-set-back', 're-point'),
		history: named.map(time => ({tag: 'latest', digest: a, named: time})),
	});
	const optionsOf = (...named: string[]) =>
		weigh({faults: [], scan: {findings: [setBack(...named)], complete: true, siblings: [sibling]}});

	expect(optionsOf('2026-04-02T00:00:00Z', '2026-04-01T00:00:00Z')[0]).toMatchObject({
		key: 're-point',
		recommended: true,
		why: 'The tag names an older image than it did; the one that it named last is whole.',
		risk: expect.stringContaining('look first whether it was set back on purpose'),
	});
	const open = optionsOf('2026-04-01T00:00:00Z', '2026-04-01T00:00:00Z');
	expect(open[0]).toMatchObject({key: 'by-hand', recommended: true});
	expect(open.find(({key}) => key === 're-point')).toMatchObject({
		recommended: false,
		why: 'The tag names an older image than it did. Which one it named last, equal times do not tell.',
	});
});

test('where the registry says that its storage fails, there are instructions only, and a build that runs is still followed', () => {
	const unchecked = [{via: [], code: 'registry.storage' as const, message: 'Permission denied.', hint: 'Look.'}];
	const check = {
		...checked(),
		outcome: 'unknown',
		output: outputOf('registry.verify', checkValues('unknown', {unchecked})),
	};
	const options = deciding([check, {...scanned, output: scanOf()}]);
	const open = options.filter(({blocked}) => blocked === undefined).map(({key}) => key);

	expect(options[0]).toMatchObject({
		key: 'by-hand',
		why: expect.stringContaining('Permission denied. Check on its host'),
	});
	expect(open).toEqual(['by-hand', 'again', 'hand-over']);
	expect(weigh({storageTrouble: 'It fails.', underWay: 'rebuild-ci'})[0]!.key).toBe('rebuild-ci');
});
