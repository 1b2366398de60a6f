import {execFile} from 'node:child_process';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {mutatedRules} from '../support/alerting.ts';
import {deployFolder} from '../support/deploy-files.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {few} from '../support/sweep.ts';

const run = promisify(execFile);
const rulesFolder = path.join(deployFolder, 'prometheus');

describeReal('the rules, for promtool', ['promtool'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;

	beforeAll(async () => {
		temporary = await temporaryFolder();
	});
	afterAll(() => temporary?.[Symbol.asyncDispose]());

	test('they are rules, their unit tests hold, and the scrape configuration is one', async () => {
		const check = (...args: string[]) => run('promtool', args, {cwd: rulesFolder});

		await Promise.all([
			check('check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml'),
			check('check', 'config', 'scrape.yaml'),
			check('test', 'rules', 'rules.test.yaml'),
		]);
	});

	test.concurrent.each(
		few<[string, string | RegExp, string]>([
			['failures are not added up over the shards', /sum( by \(instance\) \(\n +max by .+failures\))/, 'max$1'],
			['failures are forgotten with the Pushgateway', 'failures[1d]', 'failures[5m]'],
			['one failure is not enough', /(failures\[1d\]\)\)\n +\)) > 0/, '$1 > 1'],
			['what is remembered counts beside what is newer', 'or max by (instance, job, shard) (last', 'or (last'],
			[
				'a Pushgateway’s last Pod counts like a shard',
				'(instance, job, shard) (last_over_time(registry_manifest_integrity_last',
				'(instance, pod, shard) (last_over_time(registry_manifest_integrity_last',
			],
			['failures are told too early', 'for: 30m', 'for: 29m'],
			['a living shard hides a dead one', 'time() - min by', 'time() - max by'],
			[
				'a probe that vanished is forgotten',
				'last_run_timestamp[1d]))\n          ) > 3600\n',
				'last_run_timestamp[5m]))\n          ) > 3600\n',
			],
			['a shard that can read hides one that cannot', /min( by \(instance\) \(\w+catalog_accessible\) == 0)/, 'max$1'],
			[
				'a shard without repositories is an empty catalogue',
				/sum( by \(instance\) \(\w+repos_checked\) == 0)/,
				'min$1',
			],
			['an unreadable catalogue is called empty', /^ +and min by .+\n/m, ''],
			['a hostile name reaches the shell', '[a-z0-9][a-z0-9._/-]*', '.*'],
			['the unknown is told too late', 'for: 1h\n        labels', 'for: 61m\n        labels'],
		]),
	)('their unit tests notice when %s', async (title, from, to) => {
		const folder = path.join(temporary.folder, title);
		const tests = await mutatedRules(folder, rules => rules.replace(from, to));

		await expect(run('promtool', ['test', 'rules', tests])).rejects.toMatchObject({
			stderr: expect.stringContaining('FAILED'),
		});
	});
});
