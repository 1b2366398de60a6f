import {execFile} from 'node:child_process';
import {cp, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parseReference} from '../../src/domain/image/reference.ts';
import {type Incident, lastVisit} from '../../src/domain/incident/incident.ts';
import {inventoryOf} from '../../src/domain/inventory/inventory.ts';
import {renderInventory} from '../../src/domain/inventory/inventory-text.ts';
import type {Scan} from '../../src/domain/storage/findings/finding.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {describeReal} from '../support/real.ts';
import {pullImage, pushImage} from '../support/real-images.ts';
import {answer, approve, choose, pick, respondWith} from '../support/real-responder.ts';
import {openScene, type Scene} from '../support/real-scene.ts';

const run = promisify(execFile);
const day = 86_400;
/** Dozens of programs are started one after another. */
const timeout = 300_000;
const names = Array.from({length: 12}, (_, at) => `acme/app-${at + 1}`);
const lost = 'acme/app-7';
const programs = ['docker-registry', 'htpasswd', 'sshd', 'ssh', 'git', 'skopeo'];

describeReal('a repository of twelve that rm -rf has deleted', programs, () => {
	let scene: Scene;
	const images = [buildImage({seed: 'lost one'}), buildImage({seed: 'lost two', platforms: ['linux/amd64']})];
	const tagged: [string, BuiltImage][] = [
		['latest', images[0]!],
		['v1', images[0]!],
		['v0', images[1]!],
	];

	beforeAll(async () => {
		scene = await openScene();
		for (const name of names.filter(each => each !== lost)) {
			await push(scene, `${name}:latest`, buildImage({seed: name, platforms: ['linux/amd64'], layers: 1}));
		}

		for (const [tag, image] of tagged) {
			await push(scene, `${lost}:${tag}`, image);
		}

		await age(scene, day);
		await rm(repository(scene, lost), {recursive: true});
	}, timeout);

	afterAll(() => scene?.[Symbol.asyncDispose]());

	test('without an inventory its images are listed by their digests, with what they are', {timeout}, async () => {
		const {stdout, code} = await scene.regmedic(['scan', '--path', scene.store.root]);
		const found = await scanOf(scene);

		expect(code).toBe(3);
		expect(found.findings.map(({kind, repository: of, remedy, digest}) => [kind, of, remedy, digest]).sort()).toEqual(
			images.map(({index}) => ['repository-vanished', '', 'inspect', index.digest]).sort(),
		);
		expect(found.findings.map(({is}) => is).sort((a, b) => b!.platforms.length - a!.platforms.length)).toMatchObject([
			{form: 'index', platforms: ['linux/amd64', 'linux/arm64'], stored: expect.any(String)},
			{form: 'index', platforms: ['linux/amd64']},
		]);
		for (const {index} of images) {
			expect(stdout).toContain(`  - ${index.digest}\n    index of linux/amd64`);
		}
	});

	test('respond tells of them before it doubts the spelling, and links the one again that a person names', {
		timeout,
	}, async () => {
		const absent = await scene.regmedic([
			'respond',
			'orphan-index',
			'--image',
			`${scene.registry.host}/${lost}:latest`,
		]);
		expect(oneLine(absent.stdout + absent.stderr)).toContain('holds 2 images without one');

		const {digest} = images[1]!.index;
		const incident = await relink(scene, `${scene.registry.host}/${lost}:v0@${digest}`);
		expect(incident).toMatchObject({phase: {kind: 'stopped', stop: 'fixed'}, verdict: {verdict: 'intact'}});
		await pullImage(`${scene.registry.host}/${lost}:v0`, scene.credentials, scene.folder);
		await rm(repository(scene, lost), {recursive: true});
		await scene.registry.restart();
	});

	test('with an inventory it is found by its name, and every tag of it is relinked from the blobs and can be copied', {
		timeout,
	}, async () => {
		await keepInventory(
			scene,
			tagged.map(([tag, {index}]) => ({repository: lost, tag, digest: index.digest})),
		);

		const found = await scanOf(scene);
		expect(found.findings.map(({kind, repository: of, tags, remedy}) => [kind, of, tags, remedy]).sort()).toEqual(
			[
				['repository-vanished', lost, ['latest', 'v1'], 'relink'],
				['repository-vanished', lost, ['v0'], 'relink'],
			].sort(),
		);
		expect(found.findings.every(({since}) => Date.parse(since!) > Date.now() - 600_000)).toBe(true);

		const incident = await relink(scene, `${scene.registry.host}/${lost}:latest`);

		expect(incident, JSON.stringify(incident.visits.at(-1))).toMatchObject({
			phase: {kind: 'stopped', stop: 'fixed'},
			verdict: {verdict: 'intact'},
		});
		expect(lastVisit(incident, 'relink')!.gate!.changes.filter(({kind}) => kind === 'restore-tag')).toHaveLength(3);
		for (const [tag] of tagged) {
			await pullImage(`${scene.registry.host}/${lost}:${tag}`, scene.credentials, scene.folder);
		}

		expect(await scanOf(scene)).toMatchObject({complete: true, findings: []});
	});

	test('what is deleted over HTTP is a leftover, and no finding', {timeout}, async () => {
		const name = 'acme/app-3';
		const {digest} = buildImage({seed: name, platforms: ['linux/amd64'], layers: 1}).index;

		const deleted = await fetch(`http://${scene.registry.host}/v2/${name}/manifests/${digest}`, {
			method: 'DELETE',
			headers: {Authorization: `Basic ${btoa(`${scene.credentials.username}:${scene.credentials.password}`)}`},
		});

		expect(deleted.status).toBe(202);
		expect(await scanOf(scene)).toMatchObject({findings: [], leftovers: {unlinked: 1}});
	});
});

describeReal('a day-old copy of the repositories laid over the live store', programs, () => {
	let scene: Scene;
	const [moved, still] = [names.slice(0, 5), names.slice(5, 8)];
	const old = (name: string) => buildImage({seed: `${name} old`, platforms: ['linux/amd64'], layers: 1});
	const newer = (name: string) => buildImage({seed: `${name} new`, platforms: ['linux/amd64'], layers: 1});

	beforeAll(async () => {
		scene = await openScene();
		for (const name of [...moved, ...still]) {
			await push(scene, `${name}:latest`, old(name));
		}

		await age(scene, day);
		await cp(repositories(scene), path.join(scene.folder, 'backup'), {recursive: true, preserveTimestamps: true});
		for (const name of moved) {
			await push(scene, `${name}:latest`, newer(name));
		}

		// An ordinary re-point to an older image renews its entry.
		await push(scene, `${still[0]}:latest`, newer(still[0]!));
		await push(scene, `${still[0]}:latest`, old(still[0]!));
		await age(scene, 3600);
	}, timeout);

	afterAll(() => scene?.[Symbol.asyncDispose]());

	test('no tag has moved back before', {timeout}, async () => {
		expect(await scanOf(scene)).toMatchObject({complete: true, findings: []});
	});

	test('every tag that moved back is named with both digests, and the sentence says restore', {timeout}, async () => {
		// What it named before the copy was laid over it is lost where a push had set it back on purpose.
		await rm(path.join(scene.folder, 'backup', still[0]!), {recursive: true});
		await run('cp', ['-a', `${path.join(scene.folder, 'backup')}/.`, repositories(scene)]);
		await scene.registry.restart();

		const found = await scanOf(scene);
		const {stdout} = await scene.regmedic(['scan', '--path', scene.store.root]);

		expect(found.findings.map(({kind, repository: of, tags}) => `${kind} ${of}:${tags}`).sort()).toEqual(
			moved.map(name => `tag-set-back ${name}:latest`).sort(),
		);
		for (const {repository: of, digest, history, since} of found.findings) {
			expect({digest, history, since}).toMatchObject({
				digest: old(of).index.digest,
				history: [{tag: 'latest', digest: newer(of).index.digest}],
				since: undefined,
			});
			for (const {index} of [old(of), newer(of)]) {
				expect(oneLine(stdout)).toContain(index.digest.slice(0, 19));
			}
		}

		expect(found.restore).toMatchObject({kind: 'set-back', tags: 5, repositories: 5});
		expect(oneLine(stdout)).toContain(
			'This looks like a restore of older links over newer data: 5 tags of 5 repositories moved back',
		);
	});

	test('respond points one of them at what it named last again, and the others are still named', {
		timeout,
	}, async () => {
		const [one] = moved;
		const {digest} = newer(one!).index;
		const {session, close} = await startIncident(scene.invocation(), {
			runbook: 'orphan-index',
			reference: parseReference(`${scene.registry.host}/${one}:latest`),
			pace: 'auto',
			dryRun: false,
		});
		const incident = await respondWith(session, {
			decide: [choose('re-point')],
			'pick-sibling': [pick(digest.slice(0, 19))],
			're-point': [approve],
			close: [answer({impact: 'nobody', began: 'unknown', noticed: 'a probe'})],
		}).finally(close);
		const decided = lastVisit(incident, 'decide');

		expect(incident, JSON.stringify(incident.visits.at(-1))).toMatchObject({
			phase: {kind: 'stopped', stop: 'fixed'},
			verdict: {verdict: 'intact'},
		});
		expect(lastVisit(incident, 'check-disk')).toMatchObject({
			outcome: 'found',
			say: expect.stringMatching(
				/^On disk, this image: 1 tag-set-back; 4 findings on other images\..* looks like a restore/,
			),
		});
		expect(decided?.asked).toMatchObject({options: [{key: 're-point', recommended: true}, {}, {}, {}, {}, {}, {}, {}]});
		expect(lastVisit(incident, 're-point')?.gate).toMatchObject({
			phrase: 're-point latest',
			changes: [{kind: 'point-tag', from: old(one!).index.digest, to: digest}],
		});
		await pullImage(`${scene.registry.host}/${one}:latest`, scene.credentials, scene.folder);
		expect((await scanOf(scene)).findings.map(({repository: of}) => of).sort()).toEqual(moved.slice(1).sort());
	});
});

async function push({registry, credentials, folder}: Scene, name: string, image: BuiltImage): Promise<void> {
	await pushImage({image, to: `${registry.host}/${name}`, credentials, folder});
}

function repositories({store}: Scene): string {
	return path.join(store.base, 'repositories');
}

function repository(scene: Scene, name: string): string {
	return path.join(repositories(scene), name);
}

/** Makes everything older by so many seconds, as if it had been pushed then. */
async function age({store}: Scene, seconds: number): Promise<void> {
	await run('python3', ['-c', shift, store.base, String(seconds)]);
}

const shift = `
import os, sys
root, by = sys.argv[1], float(sys.argv[2])
for folder, folders, files in os.walk(root, topdown=False):
    for name in files + ['']:
        path = os.path.join(folder, name)
        found = os.stat(path)
        os.utime(path, ns=(found.st_atime_ns - int(by * 1e9), found.st_mtime_ns - int(by * 1e9)))
`;

async function scanOf(scene: Scene): Promise<Scan> {
	const {stdout} = await scene.regmedic(['scan', '--registry', 'private', '--json']);
	return JSON.parse(stdout) as Scan;
}

async function keepInventory(
	scene: Scene,
	named: {repository: string; tag: string; digest: BuiltImage['index']['digest']}[],
) {
	const time = (ago: number) => `${new Date(Date.now() - ago * 1000).toISOString().slice(0, 19)}Z`;
	const config = await readFile(scene.configFile, 'utf8');
	await writeFile(
		scene.configFile,
		config.replace('  private:\n', `  private:\n    inventory: ${inventoryFile(scene)}\n`),
	);
	const entries = named.map(each => ({...each, firstSeen: time(3 * day), lastSeen: time(3600)}));
	await writeFile(inventoryFile(scene), renderInventory(inventoryOf(scene.registry.host, entries)));
}

function inventoryFile({folder}: Scene): string {
	return path.join(folder, 'inventory.jsonl');
}

async function relink(scene: Scene, reference: string): Promise<Incident> {
	const {session, close} = await startIncident(scene.invocation(), {
		runbook: 'orphan-index',
		reference: parseReference(reference),
		pace: 'auto',
		dryRun: false,
	});
	return respondWith(session, {
		decide: [choose('relink')],
		relink: [approve],
		close: [answer({impact: 'nobody', began: 'unknown', noticed: 'a probe'})],
	}).finally(close);
}

function oneLine(text: string): string {
	return text.replace(/\s+/g, ' ');
}
