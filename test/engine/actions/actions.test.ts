import {expect, test} from 'vitest';
import {type Change, sayChange} from '../../../src/domain/incident/change.ts';
import type {TagWrite} from '../../../src/domain/incident/tag-write.ts';
import {toJsonObject} from '../../../src/domain/json.ts';
import type {ActionContext, ActionResult, Ports} from '../../../src/engine/actions/action.ts';
import {actions} from '../../../src/engine/actions/index.ts';
import type {BuildStatus} from '../../../src/engine/ports/builder.ts';
import type {TriggerAnswer} from '../../../src/engine/ports/ci.ts';
import {
	contextWith,
	type FakeBuilder,
	type FakeRegistry,
	fakeBuilder,
	fakeCi,
	fakeRegistry,
	fakeStorage,
	image,
	lostReply,
	noLog,
	pipeline,
	quietHost,
	refusal,
	smallManifest,
	unreachable,
} from '../../support/fake-ports.ts';
import {noSecrets} from '../../support/redacting.ts';

const [one, two, old] = ['one', 'two', 'old'].map(smallManifest) as [
	ReturnType<typeof smallManifest>,
	ReturnType<typeof smallManifest>,
	ReturnType<typeof smallManifest>,
];
const findings = [one, two].map(({digest}, at) => ({
	kind: 'child-unlinked',
	repository: 'infra-ci',
	remedy: 'relink',
	digest,
	via: at === 0 ? [old.digest] : [],
	tags: ['latest'],
	missing: [],
	detail: '',
	plan: {complete: true, parts: [{digest, role: 'manifest', where: 'disk'}]},
}));
const relinkInputs = {image, findings};
const repointInputs = {image, to: image.replace('latest', 'older')};

/** The action, with inputs as the session parses them. */
function action(name: string) {
	const {parse, run, gate, reconcile, ...declared} = actions.find(each => each.name === name)!;
	type Call<Result> = (inputs: object, context: ActionContext) => Promise<Result>;
	const parsed =
		<Result>(call: ((inputs: unknown, context: ActionContext) => Promise<Result>) | undefined): Call<Result> =>
		async (inputs, context) =>
			call!(parse(toJsonObject(inputs)), context);
	return {...declared, run: parsed(run), gate: parsed(gate), reconcile: parsed(reconcile)};
}

test('every action declares what the engine counts on', () => {
	for (const {name, outcomes, success, bare = []} of actions) {
		expect(Object.keys(outcomes), name).toEqual(expect.arrayContaining([...success, ...bare]));
	}

	const reads = actions.filter(({effect}) => effect === 'read');
	expect(reads.map(({name}) => name)).toEqual([
		'registry.verify',
		'storage.scan',
		'registry.scope',
		'registry.verify-planned',
		'registry.verify-all',
		'ci.failed',
		'storage.hold',
		'registry.audit',
		'follow-up.orphans',
	]);

	for (const {name, effect, gate, reconcile, success, shows} of actions.filter(each => !reads.includes(each))) {
		expect(effect, name).toBe(name === 'registry.remove' ? 'destructive' : 'write');
		expect([typeof gate, typeof reconcile, shows], name).toEqual(['function', 'function', undefined]);
		expect(success, name).not.toEqual([]);
	}
});

const valueless = {
	'registry.verify': ['absent', 'refused', 'unreachable'],
	'storage.scan': ['unavailable', 'refused', 'unreachable'],
	'registry.scope': ['refused', 'unreachable'],
	'registry.verify-planned': ['refused', 'unreachable'],
	'registry.verify-all': ['refused', 'unreachable'],
	// A restart leaves no values at all.
	'registry.restart': undefined,
	'storage.move-aside': ['kept', 'refused', 'unreachable'],
	'storage.put-back': undefined,
	'registry.relink': ['gone', 'refused', 'unreachable'],
	'registry.copy-back': ['refused', 'unreachable'],
	'registry.repoint': ['rejected', 'refused', 'unreachable'],
	'registry.remove': ['disabled', 'rejected', 'refused', 'unreachable'],
	'registry.refetch': undefined,
	'ci.build': ['filtered', 'rejected', 'unavailable', 'refused', 'unreachable'],
	'builder.build': [
		'failed',
		'rejected',
		'no-program',
		'no-space',
		'busy',
		'late',
		'unavailable',
		'refused',
		'unreachable',
	],
	'ci.failed': ['refused', 'unreachable'],
	'ci.restart': ['refused', 'unreachable'],
	'ci.cancel': undefined,
	'ci.approve': undefined,
	'storage.hold': ['unavailable', 'refused', 'unreachable'],
	'storage.suspend': ['failed', 'refused', 'unreachable'],
	'registry.audit': ['refused', 'unreachable'],
};

test('every action that speaks to an outside system has an outcome for a refusal and for no response', () => {
	expect(actions.filter(({outcomeOf}) => outcomeOf).map(({name}) => name)).toEqual(Object.keys(valueless));
});

test.each(Object.entries(valueless))(
	'%s: a refusal and an unreachable system leave no values, and a lost reply is no outcome',
	(name, outcomesWithoutValues) => {
		const {outcomeOf, outcomes, bare} = action(name);

		expect(outcomes).toHaveProperty('refused');
		expect(outcomeOf!(refusal())).toBe('refused');
		expect(outcomeOf!(unreachable())).toBe('unreachable');
		expect(outcomeOf!(lostReply())).toBeUndefined();
		expect(bare).toEqual(outcomesWithoutValues);
	},
);

async function run(name: string, inputs: object, context: ActionContext): Promise<ActionResult> {
	const {outcomes, provides, bare = [], run: begin} = action(name);
	const result = await begin(inputs, context);
	expect(outcomes).toHaveProperty(result.outcome);
	if (!bare.includes(result.outcome)) {
		expect(Object.keys(result.output), `${name} ${result.outcome}`).toEqual(
			expect.arrayContaining(Object.keys(provides)),
		);
	}

	expect(result.say).not.toBe('');
	return result;
}

// ---------------------------------------------------------------- registry.verify, registry.restart

test('verify ends with intact, broken or unknown', async () => {
	const registry = fakeRegistry({latest: one, [one.digest]: one});
	expect(await run('registry.verify', {image}, contextWith({registry}))).toMatchObject({
		outcome: 'intact',
		output: {verdict: 'intact'},
	});

	registry.blob = async () => ({state: 'missing', status: 404, detail: 'blob unknown'});
	expect(await run('registry.verify', {image}, contextWith({registry}))).toMatchObject({outcome: 'broken'});

	registry.blob = () => Promise.reject(unreachable());
	expect(await run('registry.verify', {image}, contextWith({registry}))).toMatchObject({outcome: 'unknown'});
});

test('verify refuses an unknown depth', async () => {
	await expect(action('registry.verify').run({image, depth: 'deep'}, contextWith({}))).rejects.toMatchObject({
		code: 'verify.depth',
	});
});

test('a restart ends as its command did, and cannot be looked up afterwards', async () => {
	const failing = fakeStorage([], {restart: async () => ({exitCode: 1, output: 'no such service'})});
	const {restartCommand: _, ...without} = fakeStorage();

	expect(await run('registry.restart', {}, contextWith({storage: fakeStorage()}))).toMatchObject({
		outcome: 'restarted',
	});
	expect(await run('registry.restart', {}, contextWith({storage: failing}))).toMatchObject({outcome: 'failed'});
	expect(await run('registry.restart', {}, contextWith({storage: without}))).toMatchObject({outcome: 'unavailable'});
	expect(await action('registry.restart').reconcile({}, contextWith({}))).toMatchObject({kind: 'unknown'});
});

test('a restart ends when the registry responds twice in a row, and waits for one that takes 20 s', async () => {
	const registry = fakeRegistry({latest: one});
	const served = registry.manifest;
	const context = contextWith({registry, storage: fakeStorage()});
	const began = context.ports.clock.monotonic();
	const silent = (from: number, to: number) => {
		const now = context.ports.clock.monotonic() - began;
		return now >= from && now < to;
	};
	// It responds once, crashes, and comes back.
	registry.manifest = (...asked) =>
		silent(0, 10_000) || silent(10_600, 20_000) ? Promise.reject(unreachable()) : served(...asked);

	expect(await run('registry.restart', {image}, context)).toEqual({
		outcome: 'restarted',
		output: {},
		say: expect.stringMatching(/^The registry was restarted\. It responds, after 2\d(\.\d)? s\.$/),
	});
	expect(context.ports.clock.monotonic() - began).toBeGreaterThan(20_000);
});

test('a registry that refuses or lacks the image responds', async () => {
	for (const answers of [() => Promise.reject(refusal()), fakeRegistry().manifest]) {
		const registry = Object.assign(fakeRegistry(), {manifest: answers});

		expect(await run('registry.restart', {image}, contextWith({registry, storage: fakeStorage()}))).toMatchObject({
			outcome: 'restarted',
		});
	}
});

test('a restart after which nothing listens failed, and the end of the log says why', async () => {
	const registry = Object.assign(fakeRegistry(), {manifest: () => Promise.reject(unreachable())});
	const restartLog = async () => 'starting\n\nfatal: configuring auth\nopen /auth/htpasswd: no such file\n';
	const storage = fakeStorage([], {restartLog});

	expect(await run('registry.restart', {image}, contextWith({registry, storage}, {timeoutMs: 300_000}))).toMatchObject({
		outcome: 'failed',
		say: expect.stringMatching(
			/^The restart command succeeded, and the registry did not respond within 2 min.*: Nobody answers\. Its last lines: starting \/ fatal: configuring auth \/ open \/auth\/htpasswd: no such file$/,
		),
		problem: {hint: expect.stringContaining('still answers from memory')},
	});
});

test('a restart command that failed shows its last lines, without secrets', async () => {
	const output = 'docker: Error response from daemon: token hunter2 is not valid.\n';
	const storage = fakeStorage([], {restart: async () => ({exitCode: 125, output})});
	const secrets = {...noSecrets, redact: (text: string) => text.replaceAll('hunter2', '***')};

	expect(await run('registry.restart', {image}, contextWith({storage, secrets}))).toMatchObject({
		outcome: 'failed',
		say: 'The restart command failed with exit code 125. Its last lines: docker: Error response from daemon: token *** is not valid.',
	});
});

test('what CI rejected keeps its hint, for a trigger and for each pipeline that was not restarted', async () => {
	const rejected = {state: 'rejected', detail: 'The secret is not allowed.', hint: 'Allow it for manual.'} as const;
	const problem = {code: 'ci.rejected', hint: 'Allow it for manual.'};

	expect(await run('ci.build', {image}, contextWith({ci: fakeCi({triggers: [rejected]})}))).toMatchObject({
		outcome: 'rejected',
		problem,
	});
	const context = contextWith({ci: fakeCi({restarts: [rejected]})});
	expect(await run('ci.restart', {pipelines: [7, 8]}, context)).toMatchObject({outcome: 'partly', problem});
	expect(context.records.map(({detail}) => detail)).toContainEqual({
		repository: 'acme/infra',
		number: 7,
		...rejected,
		state: undefined,
	});
});

// ---------------------------------------------------------------- registry.relink

test('relink PUTs the exact bytes, the innermost first, under the lock of the store', async () => {
	const registry = fakeRegistry();
	const storage = fakeStorage([one, two]);

	const result = await run('registry.relink', relinkInputs, contextWith({registry, storage}));
	expect(result).toMatchObject({outcome: 'relinked', output: {relinked: [one.digest, two.digest]}});
	expect(registry.puts).toEqual([one.digest, two.digest]);
	expect(storage.locks).toEqual(['taken incident.step.1', 'released']);
});

test('a relink that a crash interrupted does only the rest', async () => {
	const registry = fakeRegistry({[one.digest]: one});
	const context = contextWith({registry, storage: fakeStorage([one, two])});

	expect(await action('registry.relink').reconcile(relinkInputs, context)).toMatchObject({
		kind: 'not-done',
		say: 'The registry serves 1 of 2.',
	});
	expect(await run('registry.relink', relinkInputs, context)).toMatchObject({outcome: 'relinked'});
	expect(registry.puts).toEqual([two.digest]);
	expect(await action('registry.relink').reconcile(relinkInputs, context)).toMatchObject({
		kind: 'done',
		outcome: 'relinked',
		output: {relinked: [one.digest, two.digest]},
	});
});

test('a relink stops at the first rejection, and releases the lock', async () => {
	const registry = fakeRegistry();
	const storage = fakeStorage([one, two]);
	registry.putManifest = async () => ({state: 'rejected', status: 405, detail: 'read-only'});

	expect(await run('registry.relink', relinkInputs, contextWith({registry, storage}))).toMatchObject({
		outcome: 'rejected',
		output: {relinked: []},
	});
	expect(storage.locks).toContain('released');
});

test('bytes that are gone, or are no manifest, are never PUT', async () => {
	const registry = fakeRegistry();
	const {outcomeOf} = action('registry.relink');
	for (const blobs of [[], [{...one, bytes: Buffer.from('{')}]]) {
		const error = await action('registry.relink')
			.run(relinkInputs, contextWith({registry, storage: fakeStorage(blobs)}))
			.catch(each => each);

		expect(outcomeOf!(error)).toBe('gone');
	}

	expect(registry.puts).toEqual([]);
});

test('a lost lock stops a relink before the next change; a lock that cannot be released does not undo it', async () => {
	const registry = fakeRegistry();
	const lost = new AbortController();
	registry.onPut = () => lost.abort(unreachable());
	const storage = fakeStorage([one, two], {
		lock: async () => ({lost: lost.signal, release: () => Promise.reject(unreachable())}),
	});
	await expect(action('registry.relink').run(relinkInputs, contextWith({registry, storage}))).rejects.toMatchObject({
		exit: 'unreachable',
	});
	expect(registry.puts).toHaveLength(1);

	const sticky = fakeStorage([one, two], {lock: async () => ({release: () => Promise.reject(unreachable())})});
	expect(
		await run('registry.relink', relinkInputs, contextWith({registry: fakeRegistry(), storage: sticky})),
	).toMatchObject({outcome: 'relinked'});
});

test('a relink of nothing has no gate', async () => {
	const context = contextWith({});
	for (const nothing of [null, [], [{...findings[0]!, plan: {...findings[0]!.plan, complete: false}}]]) {
		await expect(action('registry.relink').gate({image, findings: nothing as never}, context)).rejects.toMatchObject({
			code: 'relink.nothing',
		});
	}
});

// ---------------------------------------------------------------- registry.repoint

test('the gate of a re-point shows both full digests, and takes only an intact image', async () => {
	const registry = fakeRegistry({latest: one, older: old, [old.digest]: old});
	const gate = await action('registry.repoint').gate(repointInputs, contextWith({registry}));
	expect(gate.changes).toEqual([
		{
			kind: 'point-tag',
			repository: 'infra-ci',
			tag: 'latest',
			image: repointInputs.to,
			from: one.digest,
			to: old.digest,
		},
	]);
	expect(gate.changes.flatMap(sayChange).join()).toContain(old.digest);
	expect(gate.undo).toContain(one.digest);

	registry.blob = async () => ({state: 'missing', status: 404, detail: 'gone'});
	await expect(action('registry.repoint').gate(repointInputs, contextWith({registry}))).rejects.toMatchObject({
		code: 'repoint.not-intact',
	});
	await expect(
		action('registry.repoint').gate({image, to: 'registry.example:5000/other:1'}, contextWith({registry})),
	).rejects.toMatchObject({code: 'repoint.elsewhere'});
});

test('a tag that has moved since the gate was shown is not used, and a sentence approves nothing', async () => {
	const registry = fakeRegistry({latest: one, older: old});
	const {changes} = await action('registry.repoint').gate(repointInputs, contextWith({registry}));
	registry.served.set('older', two);

	expect(await run('registry.repoint', repointInputs, contextWith({registry}, {approved: changes}))).toMatchObject({
		outcome: 'rejected',
	});
	expect(registry.puts).toEqual([]);
	registry.served.set('older', old);
	const sentences = changes.flatMap(sayChange).map(text => ({kind: 'sentence' as const, text}));
	expect(await run('registry.repoint', repointInputs, contextWith({registry}, {approved: sentences}))).toMatchObject({
		outcome: 'rejected',
	});
	expect(registry.puts).toEqual([]);
	expect(await run('registry.repoint', repointInputs, contextWith({registry}, {approved: changes}))).toMatchObject({
		outcome: 'repointed',
		output: {before: one.digest},
	});
	expect(await action('registry.repoint').reconcile(repointInputs, contextWith({registry}))).toMatchObject({
		kind: 'done',
	});
});

test('a re-pointed tag that is not there when it is read back is not called re-pointed', async () => {
	const registry = fakeRegistry({latest: one, older: old});
	const {changes: approved} = await action('registry.repoint').gate(repointInputs, contextWith({registry}));
	const gone = fakeStorage([], {
		recheck: async paths => new Map(paths.map(path => [path, {state: 'gone' as const}])),
	});
	expect(
		await run('registry.repoint', repointInputs, contextWith({registry, storage: gone}, {approved})),
	).toMatchObject({
		outcome: 'rejected',
		say: expect.stringContaining('its disk does not hold it'),
	});

	registry.fresh = () => fakeRegistry({latest: one, older: old});
	expect(await run('registry.repoint', repointInputs, contextWith({registry}, {approved}))).toMatchObject({
		outcome: 'rejected',
		say: expect.stringContaining('does not serve it: it answers from memory'),
	});
});

// ---------------------------------------------------------------- ci.build

test.each<[string, TriggerAnswer, ReturnType<typeof pipeline>[], string]>([
	[
		'green',
		{state: 'created', pipeline: pipeline({state: 'waiting'})},
		[pipeline({state: 'running'}), pipeline()],
		'succeeded',
	],
	['red', {state: 'created', pipeline: pipeline({state: 'waiting'})}, [pipeline({state: 'failed'})], 'failed'],
	['cancelled', {state: 'created', pipeline: pipeline({state: 'waiting'})}, [pipeline({state: 'cancelled'})], 'failed'],
	[
		'green of another branch',
		{state: 'created', pipeline: pipeline({state: 'waiting'})},
		[pipeline({branch: 'other'})],
		'failed',
	],
	['never ending', {state: 'created', pipeline: pipeline({state: 'waiting'})}, [pipeline({state: 'waiting'})], 'late'],
	['filtered', {state: 'filtered', detail: 'nothing matches', hint: ''}, [pipeline()], 'filtered'],
	['not taken', {state: 'rejected', detail: 'no', hint: ''}, [pipeline()], 'rejected'],
])('a pipeline that is %s', async (_how, answer, pipelines, outcome) => {
	const ci = fakeCi({triggers: [answer], pipelines});

	expect(await run('ci.build', {image}, contextWith({ci}))).toMatchObject({outcome});
	expect(ci.triggers).toEqual(['incident.step.1']);
});

test('a step whose image cannot be pulled is explained: build without the CI', async () => {
	const error = 'Error response from daemon: No such image: infra-ci:latest';
	const steps = [{id: 1, name: 'build', state: 'failed' as const, exitCode: 0, error, isService: false}];
	const workflows = [{id: 1, name: 'woodpecker', state: 'failed' as const, error, steps}];
	const ci = fakeCi({pipelines: [pipeline({state: 'failed', steps, workflows})]});

	expect((await run('ci.build', {image}, contextWith({ci}))).say).toBe(
		`Pipeline 41 failed: step "build" could not start: ${error}. Its image cannot be pulled. Build without the CI (the fallback).`,
	);
});

test('a manual pipeline of the branch that somebody started is followed; where the repository says so, others are cancelled', async () => {
	const anna = pipeline({number: 40, state: 'running', status: 'running', author: 'anna'});
	const other = pipeline({number: 39, state: 'running', status: 'running', author: 'ben', branch: 'release'});
	const ready = async () => ({login: 'o', version: '3', cancels: ['manual'], timeoutMs: 3_600_000, ranManually: true});
	const gate = (live: (typeof anna)[]) =>
		action('ci.build').gate({image}, contextWith({ci: fakeCi({live: async () => live, ready})}));

	const {changes} = await gate([anna, other]);
	expect(changes).toMatchObject([{kind: 'follow-pipeline', number: 40}]);
	expect(changes.flatMap(sayChange).join()).toContain('was started by anna');
	const followed = fakeCi();
	await run('ci.build', {image}, contextWith({ci: followed}, {approved: changes}));
	expect(followed.triggers).toEqual([]);

	expect((await gate([other])).changes.flatMap(sayChange)).toContain(
		'by which the CI cancels pipeline 39 (release, started by ben)',
	);
});

test('right before the order the CI is looked at again: what the gate did not show is followed or left, never cancelled', async () => {
	const anna = pipeline({number: 40, state: 'running', status: 'running', author: 'anna'});
	const other = pipeline({number: 39, state: 'running', status: 'running', author: 'ben', branch: 'release'});
	const ready = async () => ({login: 'o', version: '3', cancels: ['manual'], timeoutMs: 3_600_000, ranManually: true});
	const approved = [{kind: 'start-pipeline', repository: 'acme/infra', branch: 'main', image}] as const;
	const build = async (live: (typeof anna)[]) => {
		const ci = fakeCi({live: async () => live, ready});
		const result = await run('ci.build', {image}, contextWith({ci}, {approved}));
		return {...result, triggers: ci.triggers.length};
	};

	expect(await build([])).toMatchObject({outcome: 'succeeded', triggers: 1});
	expect(await build([anna])).toMatchObject({outcome: 'succeeded', triggers: 0});
	expect(await build([other])).toMatchObject({
		outcome: 'rejected',
		triggers: 0,
		say: 'A pipeline would now cancel pipeline 39 (release, started by ben), which the gate did not show.',
	});
});

test('where another pipeline replaced ours, that one is followed to its end', async () => {
	const cancelled = {supersededBy: 42};
	const replaced = pipeline({state: 'cancelled', status: 'killed', cancelled});
	const context = contextWith({ci: fakeCi({pipelines: [replaced, pipeline({number: 42})]})});

	expect(await run('ci.build', {image}, context)).toMatchObject({outcome: 'succeeded', output: {number: 42}});
	expect(context.records.map(({detail}) => detail.number)).toEqual([41, 42]);
});

test('a pipeline that waits for an approval, or in which nothing happens, is left to a person with the reason', async () => {
	const blocked = pipeline({state: 'waiting', status: 'blocked'});
	expect(await run('ci.build', {image}, contextWith({ci: fakeCi({pipelines: [blocked]})}))).toMatchObject({
		outcome: 'late',
		say: expect.stringContaining('waits for an approval'),
	});

	const waiting = pipeline({state: 'waiting', status: 'pending'});
	const queue = async () => ({
		paused: false,
		free: 8,
		running: 0,
		task: {state: 'pending' as const, labels: {kind: 'gpu'}},
	});
	const context = contextWith({ci: fakeCi({pipelines: [waiting], queue})}, {timeoutMs: 3_600_000});
	expect(await run('ci.build', {image}, context)).toMatchObject({
		outcome: 'late',
		say: expect.stringContaining('its labels (kind=gpu)'),
	});

	const silent = pipeline({state: 'running', status: 'running'});
	const dead = contextWith({ci: fakeCi({pipelines: [silent]})}, {timeoutMs: 3_600_000});
	expect(await run('ci.build', {image}, dead)).toMatchObject({
		outcome: 'late',
		say: expect.stringContaining('no new line for 10 min'),
	});
});

test('the number of a pipeline is journaled before it is followed', async () => {
	const context = contextWith({ci: fakeCi({pipelines: [refusal()]})});

	await expect(action('ci.build').run({image}, context)).rejects.toMatchObject({code: 'effect.unknown'});
	expect(context.records).toMatchObject([{name: 'pipeline', detail: {number: 41, url: null}}]);
});

test('some failed polls do not end a build; after too many its outcome is unknown', async () => {
	const some = contextWith({ci: fakeCi({pipelines: [...Array.from({length: 20}, unreachable), pipeline()]})});
	expect(await run('ci.build', {image}, some)).toMatchObject({outcome: 'succeeded'});
	expect(some.logged.join()).toContain('Trying again');

	const many = contextWith({ci: fakeCi({pipelines: [unreachable()]})});
	await expect(action('ci.build').run({image}, many)).rejects.toMatchObject({
		code: 'effect.unknown',
		message: expect.stringContaining('pipeline 41'),
	});
});

test('a log that cannot be read does not change the outcome of a build', async () => {
	const context = contextWith({
		ci: fakeCi({
			log: () =>
				// biome-ignore lint/correctness/useYield: it fails before its first line
				noLog(async function* () {
					throw refusal();
				}),
		}),
	});

	expect(await run('ci.build', {image}, context)).toMatchObject({outcome: 'succeeded'});
});

test.each([
	['found at its end', [pipeline()], {kind: 'done', outcome: 'succeeded'}],
	['found red', [pipeline({state: 'failed'})], {kind: 'done', outcome: 'failed'}],
	['found under way', [undefined, pipeline({state: 'running'})], {kind: 'running', output: {number: 41}}],
	['not found', [undefined], {kind: 'not-done'}],
])('a trigger whose reply was lost is looked for by its own id: %s', async (_how, found, expected) => {
	expect(await action('ci.build').reconcile({image}, contextWith({ci: fakeCi({found})}))).toMatchObject(expected);
});

test('a pipeline that is under way is followed and never triggered again', async () => {
	const attach = {kind: 'pipeline', number: 41} as const;
	const ci = fakeCi();
	await run('ci.build', {image}, contextWith({ci}, {attach}));
	expect(ci.triggers).toEqual([]);

	const gate = await action('ci.build').gate({image}, contextWith({ci: fakeCi()}, {attach}));
	expect(gate.changes).toEqual([{kind: 'follow-pipeline', number: 41}]);
	expect(gate.changes.flatMap(sayChange)).toEqual(['follows pipeline 41, which is under way; starts nothing']);
});

test('where the journal does not say which pipeline is under way, none is triggered and it stays unknown', async () => {
	const ci = fakeCi();
	const followed = run('ci.build', {image}, contextWith({ci}, {attach: {kind: 'none'}}));

	await expect(followed).rejects.toMatchObject({code: 'effect.unknown'});
	expect(ci.triggers).toEqual([]);
});

test.each(['ci.build', 'builder.build', 'ci.restart'])('%s has no gate where nothing is configured', async name => {
	await expect(action(name).gate({image, pipelines: [1]}, contextWith({}))).rejects.toMatchObject({
		exit: 'configuration',
	});
});

// ---------------------------------------------------------------- builder.build

/** What a gate shows of a build that pushes these tags. */
function approvedPush(...writes: TagWrite[]): Change[] {
	const images = writes.map(({tag}) => image.replace('latest', tag));
	return [{kind: 'build-and-push', git: '', context: '', dockerfile: '', images, writes}];
}

/** A registry that has nothing, and a build of the tag that was approved for it. */
function buildContext(ports: Partial<Ports>, more: Partial<ActionContext> = {}) {
	return contextWith(ports, {approved: approvedPush({tag: 'latest', verdict: 'absent'}), ...more});
}

test('a failed fallback build shows the output of its last stage, and what to do', async () => {
	const failedWith = (detail: string) =>
		run(
			'builder.build',
			{image},
			buildContext({builder: fakeBuilder({statuses: [{state: 'failed', stage: 'push', exitCode: 125, detail}]})}),
		);

	const {say} = await failedWith('==> build\nSTEP 1/1: FROM scratch\n==> push\nStatusCode: 405, Method not allowed');
	expect(say).toContain('The end of its log:\nStatusCode: 405, Method not allowed');
	expect(say).toContain('read-only');
	expect((await failedWith('denied')).say).toContain('The end of its log:\ndenied');
});

test.each<[string, BuildStatus[], string]>([
	[
		'pushes',
		[
			{state: 'running', stage: 'build'},
			{state: 'pushed', digest: one.digest},
		],
		'pushed',
	],
	['fails', [{state: 'failed', stage: 'push', exitCode: 1, detail: 'denied'}], 'failed'],
	[
		'vanishes',
		[
			{state: 'running', stage: 'build'},
			{state: 'vanished', stage: 'build'},
		],
		'failed',
	],
	['is forgotten', [{state: 'absent'}], 'failed'],
	['never ends', [{state: 'running', stage: 'build'}], 'late'],
])('a build that %s', async (_how, statuses, outcome) => {
	expect(await run('builder.build', {image}, buildContext({builder: fakeBuilder({statuses})}))).toMatchObject({
		outcome,
	});
});

const missingBlob = async () => ({state: 'missing' as const, status: 404, detail: 'blob unknown'});

/** Whose push arrives while the build runs. */
function pushing(registry: FakeRegistry, statuses: BuildStatus[]): FakeBuilder {
	const builder = fakeBuilder({statuses});
	return {
		...builder,
		async start(order, waiting) {
			registry.served.set('latest', one).set(one.digest, one);
			return builder.start(order, waiting);
		},
	};
}

const killed: BuildStatus[] = [{state: 'vanished', stage: 'push'}];

test.each<[string, BuildStatus[]]>([
	['was killed while it pushed', killed],
	['failed while it pushed', [{state: 'failed', stage: 'push', exitCode: 143, detail: 'The build was stopped.'}]],
	['is forgotten', [{state: 'absent'}]],
])('a build that %s has pushed where the registry has an intact image', async (_how, statuses) => {
	const registry = fakeRegistry();
	const context = buildContext({builder: pushing(registry, statuses), registry});

	expect(await run('builder.build', {image}, context)).toMatchObject({
		outcome: 'pushed',
		output: {digest: one.digest},
		say: expect.stringMatching(/The tag was pushed since it began/),
	});
});

test.each<[string, BuildStatus[]]>([
	['was killed while it pushed', killed],
	['is forgotten', [{state: 'absent'}]],
])('a build that %s has not pushed what was intact before it began', async (_how, statuses) => {
	const registry = fakeRegistry({latest: one, [one.digest]: one});
	const approved = approvedPush({tag: 'latest', now: one.digest, verdict: 'intact'});
	const context = buildContext({builder: fakeBuilder({statuses}), registry}, {approved});

	expect(await run('builder.build', {image}, context)).toMatchObject({
		outcome: 'failed',
		say: expect.stringMatching(/has not pushed .+, which is what it was before/),
	});

	// After a crash, what it was before is in the journal.
	const resumed = buildContext({builder: fakeBuilder({statuses: killed}), registry}, {recorded: context.records});
	expect(await action('builder.build').reconcile({image}, resumed)).toMatchObject({kind: 'done', outcome: 'failed'});
});

test('a pushed image of which parts are missing is verified next, and not called failed', async () => {
	const registry = fakeRegistry();
	const lacking: FakeRegistry = {...registry, blob: missingBlob, fresh: () => lacking};
	const context = buildContext({builder: pushing(registry, killed), registry: lacking});

	expect(await run('builder.build', {image}, context)).toMatchObject({
		outcome: 'pushed',
		say: expect.stringMatching(/parts of it are missing/),
	});
});

const pushStep = [
	{id: 1, name: 'push', state: 'succeeded' as const, isService: false},
	{id: 2, name: 'notify', state: 'failed' as const, exitCode: 1, isService: false},
];

test.each(['failed', 'cancelled'] as const)('a %s pipeline that pushed is verified next', async state => {
	const registry = fakeRegistry();
	const ci = fakeCi({
		pipelines: [pipeline({state, steps: pushStep})],
		log: () =>
			// biome-ignore lint/correctness/useYield: the push is what counts
			noLog(async function* () {
				registry.served.set('latest', one).set(one.digest, one);
			}),
	});

	expect(await run('ci.build', {image}, buildContext({ci, registry}))).toMatchObject({
		outcome: 'succeeded',
		say: expect.stringMatching(/^Pipeline 41 .+ The tag was pushed since it began/),
	});
});

test('a failed pipeline has failed where the tag is what it was before, intact or not', async () => {
	const ci = () => fakeCi({pipelines: [pipeline({state: 'failed', steps: pushStep})]});

	for (const registry of [fakeRegistry(), fakeRegistry({latest: one, [one.digest]: one})]) {
		expect(await run('ci.build', {image}, buildContext({ci: ci(), registry}))).toMatchObject({outcome: 'failed'});
	}
});

test('whether a cancelled pipeline pushed is unknown where the registry does not respond; unless no step of it ran', async () => {
	const registry = {...fakeRegistry(), manifest: () => Promise.reject(unreachable())};
	const withSteps = (steps: typeof pushStep) =>
		buildContext({
			ci: fakeCi({pipelines: [pipeline({state: 'cancelled', steps})]}),
			registry: {...registry, fresh: () => registry},
		});

	await expect(action('ci.build').run({image}, withSteps(pushStep))).rejects.toMatchObject({code: 'effect.unknown'});
	expect(await run('ci.build', {image}, withSteps([]))).toMatchObject({outcome: 'failed'});
});

test('whether a killed build pushed is unknown where the registry cannot tell, also when it is looked up', async () => {
	const registry = fakeRegistry();
	const builder = fakeBuilder({statuses: killed});
	const context = buildContext({
		builder: {
			...builder,
			start(order, waiting) {
				registry.manifest = () => Promise.reject(unreachable());
				return builder.start(order, waiting);
			},
		},
		registry,
	});

	await expect(action('builder.build').run({image}, context)).rejects.toMatchObject({
		code: 'effect.unknown',
		message: expect.stringMatching(/Whether it had pushed .+ is not known/),
	});
	await expect(action('builder.build').reconcile({image}, context)).rejects.toMatchObject({code: 'effect.unknown'});
});

test('the log of a build is read to its end, however long it is', async () => {
	const line = `${'x'.repeat(99)}\n`;
	const whole = line.repeat(37_000);
	const log = async (_request: string, from: number) => {
		const text = whole.slice(from, from + 262_100);
		return {text, nextByte: from + text.length};
	};
	const context = buildContext({builder: fakeBuilder({log})});

	await run('builder.build', {image}, context);

	expect(context.logged.join('')).toHaveLength(whole.length);
});

test.each(['no-program', 'busy', 'no-space'] as const)('a host that answers %s has started no build', async state => {
	const context = buildContext({builder: fakeBuilder({starts: [{state, detail: 'so'}]})});

	expect(await run('builder.build', {image}, context)).toMatchObject({outcome: state});
	expect(context.records).toEqual([]);
});

test('a build survives a short outage of its host; after a long one its outcome is unknown', async () => {
	const some = buildContext({
		builder: fakeBuilder({
			statuses: [unreachable(), unreachable(), {state: 'pushed'}],
			log: () => Promise.reject(unreachable()),
		}),
	});
	expect(await run('builder.build', {image}, some)).toMatchObject({outcome: 'pushed'});

	const long = buildContext({builder: fakeBuilder({statuses: [unreachable()]})});
	await expect(action('builder.build').run({image}, long)).rejects.toMatchObject({code: 'effect.unknown'});
});

test.each<[BuildStatus, object]>([
	[{state: 'absent'}, {kind: 'not-done'}],
	[{state: 'running', stage: 'push'}, {kind: 'running'}],
	[
		{state: 'pushed', digest: one.digest},
		{kind: 'done', outcome: 'pushed', output: {digest: one.digest}},
	],
	[
		{state: 'vanished', stage: 'build'},
		{kind: 'done', outcome: 'failed'},
	],
])('a start whose reply was lost is known by its status %j', async (status, expected) => {
	expect(
		await action('builder.build').reconcile({image}, buildContext({builder: fakeBuilder({statuses: [status]})})),
	).toMatchObject(expected);
});

test.each<[BuildStatus, boolean]>([
	[{state: 'vanished', stage: 'build'}, true],
	[{state: 'failed', stage: 'build', exitCode: 1, detail: ''}, false],
	[{state: 'pushed', digest: one.digest}, false],
])(
	'what a build left is removed where it was killed, by whoever follows or resumes it, and never said to be more: %j',
	async (status, isTidied) => {
		const [followed, resumed] = [fakeBuilder({statuses: [status]}), fakeBuilder({statuses: [status]})];
		const [one, other] = [buildContext({builder: followed}), buildContext({builder: resumed})];

		await run('builder.build', {image}, one);
		await action('builder.build').reconcile({image}, other);

		expect(followed.tidied).toEqual(isTidied ? [one.request] : []);
		expect(resumed.tidied).toEqual(isTidied ? [other.request] : []);
	},
);

test('a host that cannot be tidied changes nothing of what became of the build', async () => {
	const builder = {
		...fakeBuilder({statuses: [{state: 'vanished', stage: 'build'}]}),
		tidy: () => Promise.reject(unreachable()),
	};

	expect(await run('builder.build', {image}, buildContext({builder}))).toMatchObject({outcome: 'failed'});
});

test('a build that is followed is not started', async () => {
	const builder = fakeBuilder();
	await run('builder.build', {image}, buildContext({builder}, {attach: {kind: 'none'}}));
	expect(builder.starts).toEqual([]);
});

// ---------------------------------------------------------------- ci.failed, ci.restart, the follow-ups

test('pipelines that failed a day before the incident are shown, too', async () => {
	let since = '';
	const ci = fakeCi({
		pipelines: [pipeline({state: 'failed', status: 'failure'})],
		since: async (_repository, from) => {
			since = from;
			return [pipeline({state: 'failed', status: 'failure'})];
		},
	});

	expect(await run('ci.failed', {since: '2026-04-19T03:00:00.000Z'}, contextWith({ci}))).toMatchObject({
		outcome: 'some',
	});
	expect(since).toBe('2026-04-18T03:00:00.000Z');
	expect(await run('ci.failed', {since: '2026-04-19T03:00:00.000Z'}, contextWith({ci: fakeCi()}))).toMatchObject({
		outcome: 'none',
	});
	expect(await run('ci.failed', {since: '2026-04-19T03:00:00.000Z'}, contextWith({}))).toMatchObject({
		outcome: 'unavailable',
	});
});

test('each ticked pipeline is restarted once, however it was ticked', async () => {
	const created = (number: number): TriggerAnswer => ({state: 'created', pipeline: pipeline({number})});
	const ci = fakeCi({restarts: [created(50), {state: 'rejected', detail: 'gone', hint: ''}]});
	const context = contextWith({ci});

	const result = await run('ci.restart', {pipelines: [{number: 7}, 9, 7, {number: null}, 'x', 0, -1]}, context);
	expect(result).toMatchObject({
		outcome: 'partly',
		output: {restarted: [{repository: 'acme/infra', number: 7, as: 50, result: 'Pipeline 41 succeeded.'}]},
		say: '1 pipeline restarted. Pipeline 41 succeeded. Pipeline 9 was not restarted: gone',
	});
	expect(ci.restarts).toEqual([7, 9]);
	expect(context.records.map(({name}) => name)).toEqual(['restarting', 'restarted', 'restarting', 'not-restarted']);
});

test('a restart whose reply was lost is looked for in CI; settled ones are not repeated', async () => {
	const recorded = (...names: [string, number][]) =>
		names.map(([name, number]) => ({name, detail: {number, as: 50, detail: 'gone'}}));
	const {reconcile} = action('ci.restart');
	const inputs = {pipelines: [7, 9]};
	const doubt = recorded(['restarting', 7], ['restarted', 7], ['restarting', 9]);

	const arrived = contextWith({ci: fakeCi({restartedAs: [undefined, pipeline({number: 51})]})}, {recorded: doubt});
	expect(await reconcile(inputs, arrived)).toMatchObject({kind: 'running', output: {restarted: [{as: 50}, {as: 51}]}});
	const never = fakeCi({restarts: [{state: 'created', pipeline: pipeline({number: 52})}]});
	expect(await reconcile(inputs, contextWith({ci: never}, {recorded: doubt}))).toMatchObject({kind: 'not-done'});

	await run('ci.restart', inputs, contextWith({ci: never}, {recorded: doubt}));
	expect(never.restarts).toEqual([9]);
	const late = fakeCi({restartedAs: [pipeline({number: 51})]});
	await run('ci.restart', inputs, contextWith({ci: late}, {recorded: doubt}));
	expect(late.restarts).toEqual([]);

	const all = [...doubt, ...recorded(['not-restarted', 9])];
	expect(await reconcile(inputs, contextWith({ci: fakeCi()}, {recorded: all}))).toMatchObject({
		kind: 'running',
	});
});

test('other damaged images become follow-ups; without a scan they are unknown, not none', async () => {
	const others = [
		{kind: 'child-swept', repository: 'web', tags: ['1', '2']},
		{kind: 'child-missing', repository: 'web', tags: ['1']},
	].map(finding => ({via: [], missing: [], remedy: 'rebuild', detail: '', ...finding}));

	expect(await run('follow-up.orphans', {image, findings: others}, contextWith({}))).toMatchObject({
		outcome: 'some',
		output: {
			followUps: [expect.stringContaining('web:1: child-swept, child-missing'), expect.stringContaining('web:2')],
		},
	});
	expect(await run('follow-up.orphans', {image, findings: []}, contextWith({}))).toMatchObject({outcome: 'none'});
	expect(await run('follow-up.orphans', {image, findings: null}, contextWith({}))).toMatchObject({outcome: 'unknown'});
});

test('an audit without a host is not clean', async () => {
	const text = '0 3 * * 0 root registry garbage-collect -m /etc/config.yml';
	const crontab = {path: '/etc/cron.d/gc', kind: 'crontab', text, cut: false} as const;
	const storage = fakeStorage([], {maintenance: async () => ({...quietHost, files: [...quietHost.files, crontab]})});
	const partly = fakeStorage([], {
		maintenance: async () => ({...quietHost, gaps: ['/var/spool/cron may not be read']}),
	});

	expect(await run('registry.audit', {}, contextWith({}))).toMatchObject({outcome: 'unavailable'});
	expect(await run('registry.audit', {}, contextWith({storage: fakeStorage()}))).toMatchObject({outcome: 'clean'});
	expect(await run('registry.audit', {}, contextWith({storage: partly}))).toMatchObject({
		outcome: 'unavailable',
		say: expect.stringContaining('/var/spool/cron'),
	});
	expect(await run('registry.audit', {}, contextWith({storage}))).toMatchObject({
		outcome: 'found',
		output: {risks: [{severity: 'will-break', file: '/etc/cron.d/gc', line: text}, {}, {}]},
	});
});

test('only the settings decide what is built: a runbook cannot name another repository', async () => {
	const ci = fakeCi();
	const {target} = await action('ci.build').gate({image, repository: 'evil/repo'}, contextWith({ci}));

	expect(target).toBe(`ci.example: acme/infra, branch main`);
});
