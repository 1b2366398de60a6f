import {execFile} from 'node:child_process';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {expect, test} from 'vitest';
import {exitCodes} from '../../src/domain/errors.ts';
import {readDeployed} from '../support/deploy-files.ts';
import {locate} from '../support/real.ts';
import {createTempFolder} from '../support/temp-folder.ts';

const run = promisify(execFile);
const units = [
	'regmedic-probe.service',
	'regmedic-probe.timer',
	'regmedic-probe.service.d/textfile.conf',
	'regmedic-probe.service.d/inventory.conf',
];

/** The settings of a unit, by section; what is set twice is there twice. */
async function settingsOf(name: string): Promise<Map<string, string[]>> {
	const settings = new Map<string, string[]>();
	let section = '';
	for (const line of (await readDeployed(`systemd/${name}`)).split('\n')) {
		section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
		const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
		if (key !== undefined) {
			const where = `${section}.${key}`;
			settings.set(where, [...(settings.get(where) ?? []), value!]);
		} else {
			expect(line, name).toMatch(/^$|^#|^\[\w+\]$/);
		}
	}

	return settings;
}

test('the timer starts a run every quarter of an hour, which ends before the next', async () => {
	const [service, timer] = await Promise.all([
		settingsOf('regmedic-probe.service'),
		settingsOf('regmedic-probe.timer'),
	]);

	expect(timer.get('Timer.OnCalendar')).toEqual(['*:0/15']);
	expect(timer.get('Timer.Persistent')).toEqual(['yes']);
	expect(timer.has('Timer.RandomizedDelaySec')).toBe(true);
	expect(service.get('Service.Type')).toEqual(['oneshot']);
	expect(service.get('Service.TimeoutStartSec')).toEqual(['14min']);
});

test('a broken image does not fail the unit; every other exit code but 0 does', async () => {
	const service = await settingsOf('regmedic-probe.service');

	expect(service.get('Service.SuccessExitStatus')).toEqual([`${exitCodes.broken}`]);
});

test('the credentials are in a file of root, not in the unit', async () => {
	const service = await settingsOf('regmedic-probe.service');

	expect(service.get('Service.EnvironmentFile')).toEqual(['/etc/regmedic/probe.env']);
	expect(service.has('Service.Environment')).toBe(false);
	expect(service.get('Service.ExecStart')!.join()).not.toMatch(/passw|:\/\/[^/]*@/i);
});

test('the textfile variant writes to one folder only, which other users may read', async () => {
	const variant = await settingsOf('regmedic-probe.service.d/textfile.conf');
	const [cleared, command] = variant.get('Service.ExecStart')!;
	const [folder] = variant.get('Service.ReadWritePaths')!;

	// Two commands would both run.
	expect(cleared).toBe('');
	expect(command).toMatch(/ --metrics-file (\S+)$/);
	expect(path.dirname(/ --metrics-file (\S+)$/.exec(command!)![1]!)).toBe(folder);
	expect(variant.get('Service.UMask')).toEqual(['0022']);
});

test('the inventory has a folder that only the probe and root can read', async () => {
	const variant = await settingsOf('regmedic-probe.service.d/inventory.conf');

	expect(variant).toEqual(
		new Map([
			['Service.StateDirectory', ['regmedic']],
			['Service.StateDirectoryMode', ['0700']],
		]),
	);
});

test.skipIf(locate('systemd-analyze') === undefined)(
	'systemd knows every setting and rates the service as safe',
	async () => {
		const folder = await createTempFolder();
		await mkdir(path.join(folder, 'regmedic-probe.service.d'));
		for (const name of units) {
			// It looks whether the program is there.
			const text = (await readDeployed(`systemd/${name}`)).replaceAll('/usr/local/bin/regmedic', '/bin/true');
			await writeFile(path.join(folder, name), text);
		}

		const [verified] = await Promise.all([
			run('systemd-analyze', ['verify', ...units.slice(0, 2).map(name => path.join(folder, name))]),
			// From 0 (safe) to 100; above the threshold it exits 1.
			run('systemd-analyze', [
				'security',
				'--offline=yes',
				'--threshold=20',
				path.join(folder, 'regmedic-probe.service'),
			]),
		]);

		// It warns of what it does not know, and exits 0.
		expect(verified.stderr).toBe('');
	},
);
