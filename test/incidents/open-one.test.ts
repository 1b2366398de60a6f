import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {createJournal} from '../../src/adapters/journal/journal.ts';
import {openAlone, openIncidentOf} from '../../src/incidents/open-one.ts';
import {openLogin} from '../support/cli.ts';
import {plainInvocation} from '../support/plain-invocation.ts';
import {processes} from '../support/processes.ts';
import {createTempFolder} from '../support/temp-folder.ts';
import {smallPage} from '../support/told-incident.ts';

type Told = {name: string; host?: string; registry?: string; dryRun?: boolean; kind?: 'incidents' | 'drills'};

const host = '127.0.0.1:9';

/** Opens the journal of an incident. @param state the folder of everything that regmedic remembers */
async function begin(state: string, {name, host: at = host, registry, dryRun = false, kind = 'incidents'}: Told) {
	const stamp = () => ({at: new Date().toISOString(), mono: 0, actor: 'anna'});
	const folder = path.join(state, kind, name);
	await mkdir(path.dirname(folder), {recursive: true});
	const journal = await createJournal({folder, actor: 'anna', processes, stamp});
	await journal.append({
		...stamp(),
		type: 'incident.opened',
		schema: 'regmedic.journal/1',
		incident: name,
		version: '0.1.0',
		runbook: smallPage,
		inputs: {image: `${at}/infra-ci:latest`},
		settings: {registry: registry ?? null},
		dryRun,
		...(kind === 'drills' ? {drill: {scenario: 'orphan-index', seed: 7}} : {}),
	});
	return journal;
}

async function newState() {
	const folder = await createTempFolder();
	const state = path.join(folder, 'regmedic');
	return {state, invocation: plainInvocation(folder, {XDG_STATE_HOME: folder})};
}

test('an incident of the registry counts while it is open, under its host or its configured name, with who is in it', async () => {
	const {state, invocation} = await newState();
	const journal = await begin(state, {name: 'calm-otter', registry: 'private'});

	expect(await openIncidentOf({host}, invocation)).toMatchObject({
		name: 'calm-otter',
		image: 'infra-ci:latest',
		openedBy: 'anna',
		holder: {actor: 'anna', pid: process.pid},
	});
	expect(await openIncidentOf({host: 'alias.example', name: 'private'}, invocation)).toBeDefined();
	expect(await openIncidentOf({host: 'alias.example', name: 'other'}, invocation)).toBeUndefined();
	expect(await openIncidentOf({host: 'alias.example'}, invocation)).toBeUndefined();
	await journal.close();
	expect(await openIncidentOf({host}, invocation)).not.toHaveProperty('holder');
});

test('a closed incident, a dry run, a rehearsal and a journal that cannot be read do not count', async () => {
	const {state, invocation} = await newState();
	const closed = await begin(state, {name: 'closed'});
	await closed.seal();
	await closed.close();
	await (await begin(state, {name: 'dry', dryRun: true})).close();
	await (await begin(state, {name: 'drill', kind: 'drills'})).close();
	await mkdir(path.join(state, 'incidents/empty'), {recursive: true});

	expect(await openIncidentOf({host}, invocation)).toBeUndefined();
});

test('of those that begin at the same moment, one opens its incident', async () => {
	const {state, invocation} = await newState();
	const opened: string[] = [];
	const start = (name: string, at: string) =>
		openAlone({host: at}, invocation, async () => {
			await (await begin(state, {name, host: at})).close();
			opened.push(name);
		});

	const ends = await Promise.allSettled([
		...Array.from({length: 8}, (_, n) => start(`same-${n}`, host)),
		start('other', 'elsewhere.example'),
	]);

	const refused = ends.flatMap(end => (end.status === 'rejected' ? [end.reason] : []));
	expect(opened).toHaveLength(2);
	expect(opened).toContain('other');
	expect(refused).toHaveLength(7);
	for (const reason of refused) {
		expect(reason).toMatchObject({
			code: 'incident.open',
			exit: 'locked',
			hint: expect.stringContaining('resume same-'),
		});
	}
});

test('respond opens a second incident of a registry only with --another; without a terminal it exits 7 and says how to go on', async () => {
	await using login = await openLogin();
	await (await begin(login.state, {name: '2026-04-19-orphan-index-calm-otter-42'})).close();
	const respond = (...more: string[]) =>
		login.run(['respond', '--image', `${host}/tools:1`, '--plain-http', '--auto', ...more]);

	const refused = await respond();
	const [another, dry] = [await respond('--another'), await respond('--dry-run')];

	expect(refused.exitCode).toBe(7);
	expect(refused.stderr).toContain(
		'An incident of this registry is open: 2026-04-19-orphan-index-calm-otter-42 (infra-ci:latest, opened by anna',
	);
	expect(refused.stderr.replace(/\s+/g, ' ')).toContain('`regmedic resume 2026-04-19-orphan-index-calm-otter-42`');
	expect(refused.stderr).toContain('--another');
	// Nothing listens on that port.
	expect([another.exitCode, dry.exitCode]).toEqual([6, 6]);
});
