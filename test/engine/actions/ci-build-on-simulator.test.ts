import {expect, test} from 'vitest';
import {createWoodpecker} from '../../../src/adapters/woodpecker/woodpecker.ts';
import {ciBuild} from '../../../src/engine/actions/ci-build.ts';
import {type Lab, openLab} from '../../drills/ci/lab.ts';
import {contextWith, image as imageName} from '../../support/fake-ports.ts';

const image = ciBuild.parse({image: imageName});

/** Builds with the real client on the simulated server, whose clock goes on while regmedic sleeps. */
async function build(
	dialect: '2.8.3' | '3.17.0',
	name: string,
	script: (readonly [atMs: number, act: (lab: Lab) => unknown])[] = [],
) {
	await using lab = await openLab(dialect);
	const ci = createWoodpecker({url: lab.url, token: async () => 'oncall'});
	const begun = lab.clock.now;
	const due = [...script];
	const clock = {
		now: () => new Date(lab.clock.now),
		monotonic: () => lab.clock.now,
		async sleep(milliseconds: number) {
			lab.clock.now += milliseconds;
			while (due[0] && begun + due[0][0] <= lab.clock.now) {
				await due.shift()![1](lab);
			}
		},
	};
	const settings = {
		role: 'authoritative' as const,
		platforms: {},
		plainHttp: false,
		runsInItself: false,
		runsIn: [],
		neededByPipelines: false,
		usedByPipelines: [],
		pipeline: {repository: `acme/${name}`, branch: 'main'},
	};
	const context = contextWith({ci, clock}, {settings, timeoutMs: 7_200_000});
	try {
		const {changes} = await ciBuild.gate!(image, context);
		const result = await ciBuild.run(image, {...context, approved: changes});
		return {...result, log: context.logged, changes};
	} finally {
		await ci.close();
	}
}

const last = (lab: Lab, name: string) => lab.repository(name).store.pipelines().at(-1)!;
const cancel = (lab: Lab) => {
	last(lab, 'slow').cancelled = {at: lab.clock.now, by: 'dev'};
};
const die = (lab: Lab) => {
	last(lab, 'slow').agentDied = lab.clock.now;
};

test.each(['2.8.3', '3.17.0'] as const)('%s: what a build says is what happened to it', async dialect => {
	const old = dialect === '2.8.3';

	expect(await build(dialect, 'slow')).toMatchObject({outcome: 'succeeded'});
	expect(await build(dialect, 'selfrun')).toMatchObject({
		outcome: 'failed',
		say: expect.stringMatching(
			/step "lint" could not start: .*No such image.*cannot be pulled.*fallback.*pipeline\/1\/3$/s,
		),
	});
	expect(await build(dialect, 'failstep')).toMatchObject({
		outcome: 'failed',
		say: expect.stringContaining('step "build" ended with exit code 3. It said: ERROR: no space left on device.'),
		log: expect.arrayContaining(['build | ERROR: no space left on device']),
	});
	expect((await build(dialect, 'svc')).say).toContain('step "build" ended with exit code 28');
	expect((await build(dialect, 'multi')).say).toContain('step "build (PLATFORM=arm64)/build" ended with exit code 7');
	expect((await build(dialect, 'slow', [[5_000, cancel]])).say).toContain(
		old ? 'was cancelled. This version of Woodpecker does not say by whom' : 'was cancelled by dev',
	);
	// Each takes hundreds of polls: one in each dialect.
	const [name, script, say] = old
		? (['noagent', [], 'Only an admin of the CI sees why'] as const)
		: (['slow', [[5_000, die]], 'printed no new line for 10 min in step "build". Its agent may have died'] as const);
	expect(await build(dialect, name, [...script])).toMatchObject({outcome: 'late', say: expect.stringContaining(say)});
	expect(await build(dialect, 'filtered')).toMatchObject({outcome: 'filtered', problem: {code: 'ci.rejected'}});
	expect(await build(dialect, 'badyaml')).toMatchObject({
		outcome: 'rejected',
		say: expect.stringContaining('Invalid or missing'),
	});
});

test.each(['2.8.3', '3.17.0'] as const)(
	'%s: where a manual pipeline cancels the others, a build that replaced ours is followed',
	async dialect => {
		const replace = (lab: Lab) => {
			lab.repository('slow').cancels = ['manual'];
			return lab.happens('slow', {event: 'manual', author: 'anna'});
		};

		expect(await build(dialect, 'slow', [[5_000, replace]])).toMatchObject({outcome: 'succeeded', output: {number: 2}});
	},
);
