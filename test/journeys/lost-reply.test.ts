import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {openLogin} from '../support/cli.ts';
import {differences, readEnding} from '../support/ending.ts';
import {dieAtEvent} from '../support/killed-drill.ts';
import {isSweep} from '../support/sweep.ts';

const timeout = isSweep ? 3_600_000 : 400_000;
const loseReply = ['--import', path.join(import.meta.dirname, '../support/lose-reply.ts')];

/** Leads garbage-day, where one request that changes something is carried out and its reply is lost. */
async function leadDay(lost = '') {
	await using login = await openLogin();
	const log = path.join(login.folder, 'changes.log');
	const {exitCode, stdout, stderr} = await login.run(['drill', 'garbage-day', '--speed', '20'], {
		nodeArguments: [...dieAtEvent, ...loseReply],
		environment: {LOSE_REPLY: lost, LOSE_LOG: log},
	});
	const [folder] = await login.drills();
	return {
		/** What the simulators were asked to change: `POST /api/repos/42/pipelines`. */
		asked: (await readFile(log, 'utf8')).trim().split('\n').sort(),
		ending: await readEnding(folder!),
		said: `exit ${exitCode}: ${stdout.slice(-2_000)} ${stderr}`,
	};
}

it('whichever reply of a change is lost, the plan of garbage-day ends, and each change is asked for once', {
	timeout,
}, async () => {
	const usual = await leadDay();
	const [order, relink, restart] = [/pipelines$/, /^PUT/, /pipelines\/\d+$/].map(
		shape => usual.asked.find(line => shape.test(line))!,
	);
	const lost = isSweep
		? usual.asked.flatMap(line => [`cut ${line}`, `never ${line}`])
		: [`cut ${order}`, `cut ${relink}`, `never ${restart}`];

	expect(usual.asked).toHaveLength(10);
	expect(new Set(usual.asked).size).toBe(10);
	const wrong: string[] = [];
	for (const one of lost) {
		const {asked, ending, said} = await leadDay(one);
		const found = differences(usual.ending, ending);
		const twice = asked.join() === usual.asked.join() ? [] : [`asked for ${asked.join(', ')}`];
		wrong.push(...[...found, ...twice].map(each => `${one}: ${each}. ${said}`));
	}

	expect(wrong).toEqual([]);
});
