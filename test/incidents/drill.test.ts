import {chmod, mkdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {parseReference} from '../../src/domain/image/reference.ts';
import {parseSettings} from '../../src/domain/incident/settings.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import {registryAudit} from '../../src/engine/actions/registry-audit.ts';
import {openDrill} from '../../src/incidents/drill.ts';
import {openPorts} from '../../src/wiring/ports.ts';
import {processes} from '../support/processes.ts';
import {createTempFolder} from '../support/temp-folder.ts';

const signal = AbortSignal.timeout(20_000);
const crontab = '/etc/cron.d/registry';

/** The step of the runbook, in a rehearsal's folder. */
async function rehearseAudit(folder: string) {
	const {world, setup} = await openDrill(
		{folder, scenario: 'orphan-index', seed: 1, speed: 20},
		{processes, redaction: createRedaction(), signal},
	);
	const {ports, settings: values, close} = openPorts(parseReference(world.image), setup);
	const lines: string[] = [];
	try {
		const context = {
			...{
				ports,
				signal,
				request: 'r-1',
				incident: 'drill',
				opened: '2026-04-19T03:00:00.000Z',
				approved: [],
				recorded: [],
				timeoutMs: 20_000,
			},
			settings: parseSettings(values)!,
			log: (text: string) => void lines.push(text),
			progress() {},
			async record() {},
		};
		const {output, ...result} = await registryAudit.run({}, context);
		return {...result, risks: output.risks ?? [], log: lines.join('\n')};
	} finally {
		await close();
		await world.close();
	}
}

it('the audit of a drill names the line of the simulated crontab that did the damage, and nothing of this machine', async () => {
	const folder = await createTempFolder();

	const {outcome, say, risks, log} = await rehearseAudit(folder);

	const [worst] = risks;
	const timetable = (await readFile(path.join(folder, 'world/vm', crontab), 'utf8')).split('\n');
	const at = timetable.findIndex(line => line.includes('garbage-collect -m')) + 1;
	expect(timetable[at - 1]).toMatch(/^25 3 \* \* 0 root docker exec registry-private /);
	expect(outcome).toBe('found');
	expect(say).toContain(`Images break again when this runs: ${crontab}:${at}.`);
	expect(worst).toMatchObject({
		kind: 'removes-children',
		severity: 'will-break',
		file: crontab,
		at,
		line: timetable[at - 1],
		why: expect.stringContaining('Children of an index have no tag'),
	});
	// The whole list: a line of this machine's own schedules would be one more.
	expect(risks.map(({kind, file}) => `${kind} ${file}`)).toEqual([
		`removes-children ${crontab}`,
		`runs-beside-pushes ${crontab}`,
		`stale-cache ${crontab}`,
		'removes-links /opt/registry/cleanup-tags.sh',
	]);
	expect(log).toContain(`${crontab}:${at}: ${timetable[at - 1]}\n  Children of an index have no tag`);
	expect(log).toContain('/opt/registry/docker-compose.yml:3: image: registry:2');
});

it('a drill that an older version started has no such host files: the audit says what it could not read', async () => {
	const folder = await createTempFolder();
	await rehearseAudit(folder);
	await rm(path.join(folder, 'world/vm/etc'), {recursive: true});
	await rm(path.join(folder, 'world/vm/opt'), {recursive: true});

	const {outcome, say, risks} = await rehearseAudit(folder);

	expect(risks).toEqual([]);
	expect(outcome).toBe('unavailable');
	expect(say).toContain('not everything was read');
});

it('a drill does not run in a folder that others can write: its pretended programs would be passed over there', async () => {
	const open = path.join(await createTempFolder(), 'open');
	await mkdir(open);
	await chmod(open, 0o777);

	await expect(rehearseAudit(path.join(open, 'drill'))).rejects.toMatchObject({
		code: 'drill.folder',
		message: expect.stringContaining('can be written by every user'),
	});
});
