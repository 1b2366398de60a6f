import {expect, test} from 'vitest';
import {createWoodpecker} from '../../../src/adapters/woodpecker/woodpecker.ts';
import {OperatorError} from '../../../src/domain/errors.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import {ciCancel} from '../../../src/engine/actions/ci-control.ts';
import {ciFailed} from '../../../src/engine/actions/ci-failed.ts';
import {ciRestart} from '../../../src/engine/actions/ci-restart.ts';
import {openLab} from '../../drills/ci/lab.ts';
import {contextWith, settings} from '../../support/fake-ports.ts';

async function room(token = 'oncall') {
	const lab = await openLab('3.17.0');
	const ci = createWoodpecker({url: lab.url, token: async () => token});
	const clock = {
		now: () => new Date(lab.clock.now),
		monotonic: () => lab.clock.now,
		async sleep(milliseconds: number) {
			lab.clock.now += milliseconds;
		},
	};
	const of = (usedByPipelines: string[]) => ({
		...settings,
		usedByPipelines,
		pipeline: {repository: 'acme/mono', branch: 'main'},
	});
	return {
		lab,
		context: (...usedByPipelines: string[]) => contextWith({ci, clock}, {settings: of(usedByPipelines)}),
		/** Of an image that no pipeline builds. */
		notBuilt(...usedByPipelines: string[]) {
			const {pipeline: _, ...rest} = of(usedByPipelines);
			return contextWith({ci, clock}, {settings: rest});
		},
		async [Symbol.asyncDispose]() {
			await ci.close();
			await lab[Symbol.asyncDispose]();
		},
	};
}

const repository = 'acme/mono';
const tag = (name: string) => ({event: 'tag', branch: '', ref: `refs/tags/${name}`}) as const;

test('the gate names what a restart cancels, the target of a deployment, and what is left out because of a newer run', async () => {
	await using opened = await room();
	const {lab} = opened;
	const running = await lab.happens('mono', tag('v1'));
	running.steps[1]!.ends += 3_600_000;
	delete running.steps[1]!.error;
	const failed = await lab.happens('mono', tag('v2'));
	const deployment = await lab.happens('mono', {...tag('v2'), event: 'deployment', deployTo: 'production'});
	const old = await lab.happens('mono');
	const newer = await lab.happens('mono');
	lab.repository('mono').cancels = ['tag'];
	lab.clock.now += 10_000;

	const pipelines = [failed, deployment, old].map(({number}) => ({repository, number}));
	const {changes, phrase} = await ciRestart.gate!({pipelines}, opened.context());

	expect(changes.flatMap(sayChange)).toEqual([
		`restarts pipeline ${failed.number} of acme/mono: tag v2`,
		`by which the CI cancels pipeline ${running.number} (tag v1, by dev)`,
		`restarts pipeline ${deployment.number} of acme/mono: deployment of v2 to production`,
		`does not restart pipeline ${old.number} of acme/mono: Pipeline ${newer.number} is newer than ${old.number} and of the same branch (failure).`,
	]);
	expect(phrase).toBe('restart 2 pipelines');
});

test('failed pipelines of every repository that uses the image are listed with their cause; a deployment is never ticked', async () => {
	await using opened = await room();
	const {lab} = opened;
	await lab.happens('mono');
	await lab.happens('mono', {...tag('v2'), event: 'deployment', deployTo: 'production'});
	await lab.happens('failstep');
	const cancelled = await lab.happens('slow');
	lab.clock.now += 3_000;
	cancelled.cancelled = {at: lab.clock.now, by: 'dev'};
	lab.clock.now += 60_000;

	const since = new Date(lab.clock.now);
	const {output, outcome} = await ciFailed.run({since}, opened.context('acme/failstep', 'acme/slow'));

	expect(outcome).toBe('some');
	expect(output).toMatchObject({
		pipelines: expect.arrayContaining(
			[
				{repository, event: 'push to main', cause: 'the image of step "lint" cannot be pulled', tick: true},
				{repository, event: 'deployment of v2 to production', tick: false},
				{repository: 'acme/failstep', cause: 'step "build" ended with exit code 3', tick: false},
			].map(row => expect.objectContaining(row)),
		),
	});
	expect('pipelines' in output ? output.pipelines : []).toHaveLength(3);
});

test('restarted pipelines are followed to their end, and what became of each is said', async () => {
	await using opened = await room();
	const {lab} = opened;
	const {number} = await lab.happens('mono');
	lab.clock.now += 10_000;
	const context = opened.context();
	const pipelines = [{repository, number}];
	const {changes} = await ciRestart.gate!({pipelines}, context);

	const result = await ciRestart.run({pipelines}, {...context, approved: changes});

	expect(result).toMatchObject({outcome: 'restarted', output: {restarted: [{number, as: number + 1}]}});
	expect(result.say).toContain(`Pipeline ${number + 1} failed: step "lint" could not start`);
});

test('pipelines that only run in the image are found and restarted, also where the CI does not show one of their repositories', async () => {
	await using opened = await room();
	const {lab} = opened;
	const {number} = await lab.happens('mono');
	lab.clock.now += 10_000;
	const context = opened.notBuilt('acme/nowhere', repository);

	const found = await ciFailed.run({since: new Date(lab.clock.now)}, context);

	expect(found.output).toMatchObject({pipelines: [{repository, number, tick: true}]});
	expect(found.say).toContain('Not looked at: 127.0.0.1');
	expect(found.say).toContain('does not know the repository acme/nowhere');
	const {changes} = await ciRestart.gate!({pipelines: [{repository, number}]}, context);
	const result = await ciRestart.run({pipelines: [{repository, number}]}, {...context, approved: changes});
	expect(result).toMatchObject({outcome: 'restarted', output: {restarted: [{number, as: number + 1}]}});
	await expect(ciFailed.run({since: new Date()}, opened.notBuilt('acme/nowhere'))).rejects.toMatchObject({
		code: 'ci.repository-unknown',
	});
});

test('a pipeline whose cause cannot be looked up, or not in time, is listed without one and not ticked', async () => {
	await using opened = await room();
	const {lab} = opened;
	const deleted = await lab.happens('mono');
	await lab.happens('mono', tag('v1'));
	lab.clock.now += 10_000;
	const {ci, ...ports} = opened.context().ports;
	const gone = async () => {
		throw new OperatorError('ci.pipeline-unknown', 'It was deleted.', {hint: 'Look.', exit: 'failed'});
	};
	const slow: NonNullable<typeof ci>['pipeline'] = async (...asked) => {
		lab.clock.now += 500_000;
		return ci!.pipeline(...asked);
	};
	const listed = async (pipeline: NonNullable<typeof ci>['pipeline']) => {
		const context = {...opened.context(), ports: {...ports, ci: {...ci!, pipeline}}};
		const {output} = await ciFailed.run({since: new Date(lab.clock.now)}, context);
		return 'pipelines' in output ? output.pipelines.map(({cause, tick}) => ({cause, tick})) : [];
	};

	expect(await listed(gone)).toEqual([
		{cause: 'not looked up', tick: false},
		{cause: 'not looked up', tick: false},
	]);
	expect(await listed(slow)).toEqual([
		{cause: 'the image of step "lint" cannot be pulled', tick: false},
		{cause: 'not looked up', tick: false},
	]);
	expect(deleted.number).toBe(1);
});

test('the gate of restarts asks what the server will: a token that it does not know, or a user who may only read', async () => {
	for (const [token, why] of [
		['unknown', 'does not accept the token'],
		['reader', 'reader may not start pipelines of acme/mono'],
	] as const) {
		await using opened = await room(token);
		const {number} = await opened.lab.happens('mono');
		opened.lab.clock.now += 10_000;

		const {changes} = await ciRestart.gate!({pipelines: [{repository, number}]}, opened.context());

		expect(changes).toEqual([{kind: 'leave-pipeline', repository, number, why: expect.stringContaining(why)}]);
		await expect(ciCancel.gate!({pipeline: number}, opened.context())).rejects.toMatchObject({
			code: token === 'unknown' ? 'ci.unauthorized' : 'ci.no-push-right',
		});
	}
});
