import {mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {checkTextfileName, writeTextfile} from '../../../src/adapters/metrics/textfile.ts';
import {labelsOf, metricNames, metricsOf} from '../../../src/domain/probe/metrics.ts';
import type {ProbeReport} from '../../../src/domain/probe/probe.ts';
import {brokenImage, reportWith} from '../../support/probe-reports.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const blind = reportWith({catalog: false, finished: '2026-04-19T03:00:00Z'});
const broken = reportWith({
	failures: 2,
	faults: {'child-missing': 2},
	images: [brokenImage('a:1'), brokenImage('b:1')],
});
const write = (file: string, report: ProbeReport, keepsRest = false) =>
	writeTextfile(metricsOf(report), {file, labels: labelsOf(report), keepsRest});
const sampleOf = (text: string, name: string) => new RegExp(`^${name}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1];

it('the file is whole, other users may read it, and no other file is left', async () => {
	const folder = await createTempFolder();
	const file = path.join(folder, 'regmedic.prom');
	await writeFile(file, 'old', {mode: 0o600});

	await write(file, reportWith());

	expect((await stat(file)).mode & 0o777).toBe(0o644);
	expect(await readdir(folder)).toEqual(['regmedic.prom']);
	expect(sampleOf(await readFile(file, 'utf8'), metricNames.failures)).toBe('0');
});

it('a run that could not verify keeps the metrics of an earlier run, so that no alert resolves', async () => {
	const file = path.join(await createTempFolder(), 'regmedic.prom');

	await write(file, broken);
	await write(file, blind, true);
	await write(file, blind, true);

	const text = await readFile(file, 'utf8');
	expect(sampleOf(text, metricNames.failures)).toBe('2');
	expect(text.match(/^registry_manifest_integrity_broken_image\{/gm)).toHaveLength(2);
	expect(sampleOf(text, metricNames.catalogAccessible)).toBe('0');
	expect(sampleOf(text, metricNames.lastRun)).toBe(String(Date.UTC(2026, 3, 19, 3) / 1000));
	expect(text.match(/^# TYPE /gm)).toHaveLength(new Set(text.match(/^# TYPE \S+/gm)).size);
});

it('metrics of another registry, or of an unknown format, are not kept', async () => {
	const file = path.join(await createTempFolder(), 'regmedic.prom');

	await write(file, {...broken, instance: 'other.example'});
	await write(file, blind, true);
	expect(await readFile(file, 'utf8')).not.toContain('other.example');

	await writeFile(file, 'x 1\n# HELP torn\n# HELP y z\ny{instance="registry.example:5050"} 1\nq 2\n');
	await write(file, blind, true);
	expect(await readFile(file, 'utf8')).not.toMatch(/^[xyq]\b|torn/m);
});

it('a complete run keeps no earlier metrics', async () => {
	const file = path.join(await createTempFolder(), 'regmedic.prom');

	await write(file, broken);
	await write(file, reportWith());

	const text = await readFile(file, 'utf8');
	expect(text).not.toContain('child-missing');
	expect(sampleOf(text, metricNames.failures)).toBe('0');
});

it('a file that cannot be written is a failure with a hint, and no part of it is left', async () => {
	const folder = await createTempFolder();
	await mkdir(path.join(folder, 'taken.prom'));

	for (const file of ['taken.prom', 'none/regmedic.prom']) {
		await expect(write(path.join(folder, file), reportWith())).rejects.toMatchObject({
			code: 'metrics-file.unwritable',
			exit: 'failed',
		});
	}

	expect(await readdir(folder)).toEqual(['taken.prom']);
});

it('the file name ends as node_exporter expects', () => {
	expect(() => checkTextfileName('/var/lib/regmedic.prom')).not.toThrow();
	expect(() => checkTextfileName('regmedic.txt')).toThrow(expect.objectContaining({exit: 'usage'}));
});
