import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {readJournal} from '../../src/adapters/journal/events-file.ts';
import {scenarios} from '../../src/drills/scenarios/scenarios.ts';
import {type Login, openLogin, type Ran} from '../support/cli.ts';
import {readWorldOnDisk} from '../support/world-on-disk.ts';
import {exitOfScenario} from '../support/world-promises.ts';

let login: Login;

beforeAll(async () => {
	login = await openLogin();
});

afterAll(() => login[Symbol.asyncDispose]());

/** The drill's folder, as the drill itself names it. */
function journalOf({stdout}: Ran): string {
	return /^Journal: (.+)$/m.exec(stdout)?.[1] ?? '';
}

async function rehearse(scenario: string, ...more: string[]) {
	const ran = await login.run(['drill', scenario, '--speed', '20', ...more]);
	const folder = journalOf(ran);
	const steps = existsSync(folder)
		? (await readJournal(folder)).events.flatMap(event => (event.type === 'step.started' ? [event.step] : []))
		: [];
	return {ran, folder, steps, world: () => readWorldOnDisk(folder)};
}

type Rehearsal = Awaited<ReturnType<typeof rehearse>>;

const rehearsals = new Map<string, Promise<Rehearsal>>();

/** Two promises share the rehearsal with the usual seed. */
function rehearsalOf(scenario: string): Promise<Rehearsal> {
	const rehearsal = rehearsals.get(scenario) ?? rehearse(scenario);
	rehearsals.set(scenario, rehearsal);
	return rehearsal;
}

/** By which way each scenario ends well. */
const ledToItsRemedy: Record<string, (steps: string[], world: Awaited<ReturnType<Rehearsal['world']>>) => void> = {
	// The shop's image is a colleague's to build: its pipeline is followed, or it has pushed already.
	'garbage-day': (steps, {builtInCi, fallbackBuilds, stored}) => {
		expect(steps).toEqual(expect.arrayContaining(['scope', 'plan', 'apply', 'verify-all']));
		expect(builtInCi.map(each => each.split(' ')[0]).sort()).toEqual(['etl', 'infra', 'terraform-runner']);
		expect(fallbackBuilds).toBe(0);
		expect(new Set(stored)).toHaveLength(4);
		expect(stored).toHaveLength(4);
	},
	'orphan-index': (steps, {fallbackBuilds}) => {
		expect(steps).toContain('build-ci');
		expect(fallbackBuilds).toBe(0);
	},
	// A pipeline that needs the broken image is not chosen.
	'orphan-index-ci-down': (steps, {builtInCi, fallbackBuilds}) => {
		expect(steps).toContain('build-fallback');
		expect(steps).not.toContain('build-ci');
		expect({builtInCi, fallbackBuilds}).toEqual({builtInCi: [], fallbackBuilds: 1});
	},
	// No manifest is stored under the tag, so the tag keeps its digest.
	'child-unlinked': (steps, {stored, world, builtInCi, fallbackBuilds}) => {
		expect(steps).toContain('relink');
		expect(stored).toEqual(world.broken.digests);
		expect([...builtInCi, fallbackBuilds]).toEqual([0]);
	},
};

/** Several drills run at once on two cores, which the rest of the suite uses too. */
const patienceMs = 90_000;

describe.concurrent('a drill without a terminal', {timeout: patienceMs}, () => {
	it.each(scenarios.map(({name}) => name))(
		'%s ends by its own remedy, with the image intact and a sealed record',
		async scenario => {
			const {ran, folder, world, steps} = await rehearsalOf(scenario);
			const incident = path.basename(folder);
			const verified = await login.run(['journal', 'verify', incident]);
			const told = await login.run(['export', incident, '--format', 'json']);

			expect(ran).toMatchObject({exitCode: exitOfScenario[scenario], stderr: ''});
			expect(ran.stdout).toMatch(/^REHEARSAL/);
			const [story = ''] = ran.stdout.split('\n\n');
			expect(story.split('\n').filter(line => line.length > 80)).toEqual([]);
			expect(ran.stdout).toContain(`Post-mortem: ${path.join(folder, 'post-mortem.md')}`);
			expect(existsSync(path.join(folder, 'events.jsonl'))).toBe(true);
			expect(await readFile(path.join(folder, 'post-mortem.md'), 'utf8')).toMatch(/DRILL[\s\S]*intact/);
			expect((await world()).wrongWithImage).toEqual([]);
			ledToItsRemedy[scenario]!(steps, await world());
			expect(verified).toMatchObject({exitCode: 0, stderr: ''});
			expect(verified.stdout).toMatch(/the chain holds, sealed/);
			expect(told).toMatchObject({exitCode: 0, stderr: ''});
			expect(JSON.parse(told.stdout)).toMatchObject({drill: true, incident, status: 'closed', verdict: 'intact'});
		},
	);

	it('a build of one platform where there were two is fixed in part: at the gate, at verify, at the end and in the report', async () => {
		const {ran, folder} = await rehearsalOf('orphan-index-ci-down');
		const incident = path.basename(folder);
		const [told, page, listed] = await Promise.all([
			login.run(['export', incident, '--format', 'json']),
			readFile(path.join(folder, 'post-mortem.md'), 'utf8'),
			login.run(['incidents', '--all', '--json']),
		]);
		const said = ran.stdout.replace(/\s+/g, ' ');

		expect(ran.exitCode).toBe(3);
		expect(said).toContain('would lose linux/arm64: the host builds for linux/amd64 only');
		expect(said).toContain('which is broken now: sha256:');
		expect(said).toMatch(/Result: intact.*The repair lost linux\/arm64, which the image had before\./);
		expect(said).toMatch(/Verdict: .* is intact, .*; the repair lost linux\/arm64\./);
		expect(said).toMatch(/Left: to build it for linux\/arm64 again; .*"fixed-in-part"/);
		expect(said).not.toContain('intact again');
		expect(JSON.parse(told.stdout)).toMatchObject({
			verdict: 'intact',
			ended: {stop: 'fixed-in-part', unverified: false},
			comparedToOriginal: {
				same: false,
				platforms: {lost: ['linux/arm64'], new: []},
				mediaType: false,
				// The other tag of the old index still names it.
				tags: {lost: ['2026-04'], moved: []},
			},
			followUps: expect.arrayContaining([
				{priority: 'P1', text: expect.stringMatching(/^Build \S+\/infra-ci:latest for linux\/arm64 again/)},
			]),
		});
		expect(page).toMatch(/Compared with the original \| The repair lost linux\/arm64/);
		expect(JSON.parse(listed.stdout).incidents).toContainEqual(
			expect.objectContaining({name: incident, state: 'closed (fixed-in-part)'}),
		);
	});

	// test/drills asserts that the same seed makes the same images.
	it('another seed breaks other digests', async () => {
		const rehearsals = await Promise.all([rehearsalOf('child-unlinked'), rehearse('child-unlinked', '--seed', '8')]);
		const worlds = await Promise.all(rehearsals.map(({world}) => world()));
		const [first, other] = worlds.map(({world}) => world.broken.digests);

		expect(first).toHaveLength(1);
		expect(other).not.toEqual(first);
	});

	it('--list names every scenario with its title', async () => {
		const {exitCode, stdout, stderr} = await login.run(['drill', '--list']);

		expect({exitCode, stderr}).toEqual({exitCode: 0, stderr: ''});
		for (const {name, title} of scenarios) {
			expect(stdout).toContain(name);
			expect(stdout).toContain(title);
		}
	});

	it('an unknown scenario is a usage error that lists the known ones', async () => {
		const {exitCode, stdout, stderr} = await login.run(['drill', 'no-such']);

		expect({exitCode, stdout}).toEqual({exitCode: 2, stdout: ''});
		expect(stderr).toContain('There is no drill "no-such".');
		expect(stderr).toContain('garbage-day, orphan-index, orphan-index-ci-down, child-unlinked');
	});

	it('a closed drill is listed only with --all', async () => {
		await using other = await openLogin();
		await other.run(['drill', 'child-unlinked', '--speed', '1000']);
		const open = await other.run(['incidents', '--json']);
		const all = await other.run(['incidents', '--json', '--all']);

		expect(JSON.parse(open.stdout)).toEqual({schema: 'regmedic.incidents/1', incidents: []});
		expect(JSON.parse(all.stdout).incidents).toMatchObject([{kind: 'drill', state: 'closed (fixed)'}]);
	});
});
