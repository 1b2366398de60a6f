import {expect, test} from 'vitest';
import {createWoodpecker} from '../../../src/adapters/woodpecker/woodpecker.ts';
import type {PlannedImage} from '../../../src/domain/incident/planned-images.ts';
import type {JsonObject} from '../../../src/domain/json.ts';
import type {ActionContext, Ports} from '../../../src/engine/actions/action.ts';
import {ciFailed} from '../../../src/engine/actions/ci-failed.ts';
import {ciRestart} from '../../../src/engine/actions/ci-restart.ts';
import {openLab} from '../../drills/ci/lab.ts';
import {contextWith} from '../../support/fake-ports.ts';

function planned(repository: string, tag: string, outcome?: 'done' | 'failed', since?: string): PlannedImage {
	const id = `${repository}@tag:${tag}`;
	return {
		damaged: {
			id,
			repository,
			tags: [tag],
			platforms: {whole: [], lost: []},
			findings: ['child-swept'],
			...(since !== undefined && {since}),
		},
		ids: new Set([id]),
		...(outcome && {item: {remedy: 'relink', outcome, say: ''}}),
	};
}

/** The CI of the recordings; the image of the incident is in no configuration, three damaged ones are. */
async function room() {
	const lab = await openLab('3.17.0');
	const ci = createWoodpecker({url: lab.url, token: async () => 'oncall'});
	const clock = {
		now: () => new Date(lab.clock.now),
		monotonic: () => lab.clock.now,
		async sleep(milliseconds: number) {
			lab.clock.now += milliseconds;
		},
	};
	const settings: Record<string, JsonObject> = {
		'infra-ci': {repository: 'acme/selfrun', branch: 'main', usedByPipelines: ['acme/mono', 'acme/failstep']},
		'tools/lint': {usedByPipelines: ['acme/mono', 'acme/slow']},
		'tools/go': {usedByPipelines: ['acme/svc']},
	};
	return {
		lab,
		context(images: PlannedImage[]): ActionContext {
			const {ports, ...rest} = contextWith({clock}, {planned: images});
			const of: Ports['of'] = ({repository}) => ({ports: {...ports, ci}, settings: settings[repository] ?? {}});
			const {pipeline: _, ...own} = rest.settings;
			return {...rest, ports: {...ports, of}, settings: {...own, usedByPipelines: []}};
		},
		async [Symbol.asyncDispose]() {
			await ci.close();
			await lab[Symbol.asyncDispose]();
		},
	};
}

const hourMs = 3_600_000;

test('failed pipelines of all damaged images are one list, ticked where an error or a log names one that is whole again', async () => {
	await using opened = await room();
	const {lab} = opened;
	const lost = new Date(lab.clock.now - hourMs).toISOString();
	const older = await lab.happens('mono');
	const byError = await lab.happens('mono');
	const deployment = await lab.happens('mono', {
		event: 'deployment',
		branch: '',
		ref: 'refs/tags/v2',
		deployTo: 'prod',
	});
	const byLog = await lab.happens('failstep');
	const [, build] = byLog.steps;
	build!.log = ['+ docker run tools/lint:7', 'latest: Pulling from tools/lint', 'unknown blob'].map(text => ({
		at: build!.ends - 10,
		text,
	}));
	const stillDamaged = await lab.happens('slow');
	stillDamaged.steps[1]!.error = 'Error response from daemon: No such image: registry.example/tools/go:1';
	const another = await lab.happens('selfrun');
	another.steps[1]!.error = 'Error response from daemon: No such image: alpine:3';
	const other = await lab.happens('svc');
	lab.clock.now += 48 * hourMs;

	const images = [
		planned('infra-ci', 'latest', 'done', lost),
		planned('tools/lint', '7', 'done'),
		planned('tools/go', '1'),
	];
	const context = opened.context(images);
	const {output, outcome} = await ciFailed.run({since: new Date(lab.clock.now)}, context);

	expect(outcome).toBe('some');
	const found = 'pipelines' in output ? output.pipelines : [];
	expect(
		Object.fromEntries(found.map(({repository, number, cause, tick}) => [`${repository} ${number}`, [tick, cause]])),
	).toEqual({
		[`acme/mono ${byError.number}`]: [true, 'the image of step "lint" cannot be pulled; damaged: infra-ci:latest'],
		[`acme/mono ${deployment.number}`]: [false, 'the image of step "lint" cannot be pulled; damaged: infra-ci:latest'],
		[`acme/failstep ${byLog.number}`]: [true, 'step "build" ended with exit code 3; damaged: tools/lint:7'],
		[`acme/slow ${stillDamaged.number}`]: [
			false,
			'the image of step "build" cannot be pulled; damaged: tools/go:1, not repaired',
		],
		[`acme/selfrun ${another.number}`]: [false, 'the image of step "lint" cannot be pulled; it names no damaged image'],
		[`acme/svc ${other.number}`]: [false, 'step "build" ended with exit code 28'],
	});
	expect(found.map(({number, repository}) => `${repository} ${number}`)).not.toContain(`acme/mono ${older.number}`);

	const pipelines = found.filter(({tick}) => tick).map(({repository, number}) => ({repository: repository!, number}));
	const {changes} = await ciRestart.gate!({pipelines}, context);
	const result = await ciRestart.run({pipelines}, {...context, approved: changes});
	expect(result).toMatchObject({outcome: 'restarted'});
	expect('restarted' in result.output ? result.output.restarted : []).toEqual(
		expect.arrayContaining([
			expect.objectContaining({
				repository: 'acme/mono',
				number: byError.number,
				result: expect.stringContaining('failed'),
			}),
			expect.objectContaining({repository: 'acme/failstep', number: byLog.number, result: expect.any(String)}),
		]),
	);
});

test('without a CI of any damaged image nothing is listed', async () => {
	await using opened = await room();
	const {ports, ...rest} = opened.context([planned('other', '1', 'done')]);
	const of: Ports['of'] = () => ({ports, settings: {}});

	const {outcome} = await ciFailed.run({since: new Date(opened.lab.clock.now)}, {...rest, ports: {...ports, of}});

	expect(outcome).toBe('unavailable');
});
