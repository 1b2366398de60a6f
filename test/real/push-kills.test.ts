import {readFile} from 'node:fs/promises';
import {setTimeout as pause} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {actions} from '../../src/engine/actions/index.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {connect} from '../adapters/registry/server.ts';
import {contextWith} from '../support/fake-ports.ts';
import {numbersFrom} from '../support/random-store.ts';
import {describeReal} from '../support/real.ts';
import {openSlowPush, type SlowPush, slowPushPrograms} from '../support/slow-push.ts';
import {isSweep} from '../support/sweep.ts';

const kills = isSweep ? 200 : 2;

describeReal('a fallback build that is killed while it pushes', slowPushPrograms, () => {
	let scene: SlowPush;

	beforeAll(async () => {
		scene = await openSlowPush(kills);
	});

	afterAll(() => scene?.[Symbol.asyncDispose]());

	/** Kills the job, or it with everything that it started, so long after its push began. */
	async function kill(request: string, {afterMs, whole, by}: {afterMs: number; whole: boolean; by: NodeJS.Signals}) {
		for (;;) {
			const stage = await readFile(scene.buildFile(request, 'stage'), 'utf8').catch(() => '');
			if (stage.trim() === 'push') {
				break;
			}

			await pause(5);
		}

		const pid = Number((await readFile(scene.buildFile(request, 'pid'), 'utf8')).split('\n')[0]);
		await pause(afterMs);
		try {
			process.kill(whole ? -pid : pid, by);
		} catch (error) {
			// It had ended.
			expect((error as NodeJS.ErrnoException).code).toBe('ESRCH');
		}
	}

	test(`is never called failed where the registry has the push (${kills} kills)`, {timeout: 900_000}, async () => {
		const number = numbersFrom(1);
		const table: Record<string, number> = {};
		const wrong: string[] = [];
		const build = actions.find(({name}) => name === 'builder.build')!;

		for (let at = 0; at < kills; at++) {
			const repository = `acme/app-${at}`;
			const request = `kill-${at}`;
			const context = contextWith(
				{registry: connect({host: scene.host}), builder: scene.builder, clock: systemClock},
				{
					request,
					timeoutMs: 60_000,
					settings: {
						role: 'authoritative',
						platforms: {},
						plainHttp: true,
						runsInItself: false,
						runsIn: [],
						neededByPipelines: false,
						usedByPipelines: [],
						fallback: {
							git: 'https://git.example/acme/infra',
							context: '.',
							dockerfile: 'Dockerfile',
							tags: [],
							builder: 'buildah',
							environment: {},
							args: {},
							secrets: {},
						},
					},
				},
			);
			const afterMs = Math.floor(number() * 550);
			const whole = number() < 0.6;
			const by = number() < 0.7 ? 'SIGKILL' : 'SIGTERM';
			const inputs = build.parse({image: `${scene.host}/${repository}:latest`});
			const {changes: approved} = await build.gate!(inputs, context);
			const [said] = await Promise.all([
				build.run(inputs, {...context, approved}).then(
					({outcome}) => outcome,
					error => error.code as string,
				),
				kill(request, {afterMs, whole, by}),
			]);
			const hasPush = (await scene.digestIn(repository)) === scene.pushed;
			const row = `${by} to ${whole ? 'all' : 'the job'}: said ${said}, registry ${hasPush ? 'has it' : 'has it not'}`;
			table[row] = (table[row] ?? 0) + 1;
			if (said !== (hasPush ? 'pushed' : 'failed')) {
				wrong.push(`kill ${at} after ${afterMs} ms: ${row}`);
			}
		}

		process.stdout.write(`${JSON.stringify(table, undefined, '  ')}\n`);
		expect(wrong).toEqual([]);
	});
});
