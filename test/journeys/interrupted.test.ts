import {appendFile, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import {eventsFile} from '../../src/adapters/journal/events-file.ts';
import {openLogin} from '../support/cli.ts';
import {sample} from '../support/sweep.ts';

/** Several drills run at once on two cores, which the rest of the suite uses too. */
const patienceMs = 90_000;

describe.concurrent('an incident that is interrupted, held or changed', {timeout: patienceMs}, () => {
	it.each(sample(['SIGINT', 'SIGTERM'] as const))('%s leaves it open, and resume continues it', async signal => {
		await using own = await openLogin();
		const running = own.start(['drill', 'orphan-index', '--speed', '2']);
		await running.saying(/was triggered/);
		running.process.kill(signal);
		const left = await running.ended;
		const {incidents} = JSON.parse((await own.run(['incidents', '--json'])).stdout);
		const resumed = await own.run(['resume', '--auto', '--speed', '400']);

		expect(left).toMatchObject({exitCode: 130, signal: null, stderr: ''});
		expect(left.stdout).toMatch(/regmedic resume /);
		expect(incidents).toMatchObject([{state: expect.stringMatching(/^open at/)}]);
		expect(resumed.exitCode, resumed.stdout).toBe(0);
	});

	it('a second process is refused, and told which process holds the incident', async () => {
		await using own = await openLogin();
		const running = own.start(['drill', 'orphan-index', '--speed', '1']);
		await running.saying(/was triggered/);
		const [folder] = await own.drills();
		const second = await own.run(['resume', path.basename(folder!)]);

		expect(second.exitCode, second.stderr).toBe(7);
		expect(second.stderr).toContain(`process ${running.process.pid}`);
		expect(second.stderr).toContain('--take-over');
	});

	it('a changed journal is an error that names the line', async () => {
		await using own = await openLogin();
		await own.run(['drill', 'child-unlinked', '--speed', '1000']);
		const [folder] = await own.drills();
		const file = path.join(folder!, eventsFile);
		await writeFile(
			file,
			(await readFile(file, 'utf8')).replace('"answer":"relink 1 manifest"', '"answer":"relink 9 manifest"'),
		);
		const ran = await own.run(['journal', 'verify', path.basename(folder!)]);

		expect(ran).toMatchObject({exitCode: 1, stdout: ''});
		expect(ran.stderr).toMatch(/Line \d+ of .*events\.jsonl is damaged[\s\S]*Keep the file as it is/);
	});

	it('no command calls it a bug that an incident ended before its first event', async () => {
		await using own = await openLogin();
		const folder = path.join(own.state, 'incidents/2026-04-19-orphan-index-early-quay-10');
		await mkdir(folder, {recursive: true});
		await appendFile(path.join(folder, eventsFile), '');
		const commands = [['resume'], ['export'], ['journal', 'verify'], ['incidents']];
		const asked = await Promise.all(
			commands.flatMap(args => ['early-quay', folder].map(name => own.run([...args, name]))),
		);

		expect(asked.map(({exitCode}) => exitCode)).not.toContain(70);
		expect(asked[1]!.stderr).toMatch(/before its first event/);
	});
});
