import {execFile} from 'node:child_process';
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {afterAll, afterEach, beforeAll, expect, test} from 'vitest';
import {parseReference} from '../../src/domain/image/reference.ts';
import {type Incident, lastVisit} from '../../src/domain/incident/incident.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry} from '../support/real.ts';
import {approve, choose, respondWith, type Script} from '../support/real-responder.ts';
import {openScene, type Scene} from '../support/real-scene.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';
import {isSweep} from '../support/sweep.ts';

const run = promisify(execFile);

/** Of the fault, of the disk, and of what is left: what `respond` says on a real registry, and nothing more than it has shown. */
describeReal('what respond says', ['docker-registry', 'htpasswd', 'sshd', 'ssh', 'setpriv', 'pgrep'], () => {
	let scene: Scene;
	let host: string;
	const cleanUps: (() => Promise<unknown>)[] = [];

	beforeAll(async () => {
		scene = await openScene();
		host = scene.registry.host;
		await scene.store.push('acme/fine', 'latest', buildImage({seed: 'fine', attestations: false}));
	});

	afterEach(async () => {
		for (const cleanUp of cleanUps.splice(0)) {
			await cleanUp();
		}
	});

	afterAll(() => scene?.[Symbol.asyncDispose]());

	/** Responds without a terminal: it reads, and stops where a person must choose. */
	async function said(reference: string, storage?: string): Promise<{code: number | null; text: string}> {
		const config = path.join(scene.folder, 'case.yaml');
		await writeFile(config, await configured(storage));
		const {code, stdout, stderr} = await scene.regmedic([
			'respond',
			'orphan-index',
			'--another',
			'--image',
			reference,
			'--config',
			'case.yaml',
		]);
		return {code, text: `${stdout}${stderr}`.replace(/\s+/g, ' ')};
	}

	async function configured(storage?: string): Promise<string> {
		const text = await readFile(scene.configFile, 'utf8');
		return storage === undefined ? text : text.replace(/ {4}storage: .*/, `    storage: ${storage}`);
	}

	const onVm = (root: string, more = '', {alias, configFile}: RealSshd = scene.sshd) =>
		`{ssh: ${alias}, root: ${root}, sshConfig: ${configFile}${more}}`;

	async function corrupt(repository: string): Promise<string> {
		const image = buildImage({seed: repository, attestations: false});
		await scene.store.push(repository, 'latest', image);
		const layer = image.blobs.at(-1)!;
		const bytes = Buffer.from(layer.bytes);
		bytes[Math.floor(bytes.length / 2)]! ^= 0xff;
		await writeFile(scene.store.blobFile(layer.digest), bytes);
		return layer.digest;
	}

	test('of a layer whose bytes changed and whose size did not: broken, only its bytes show it, and no restart cures it', async () => {
		const layer = await corrupt('acme/corrupt');

		const {code, text} = await said(
			`${host}/acme/corrupt:latest`,
			onVm(`${scene.folder}/storage`, ', restart: "true"'),
		);

		expect(code).toBe(8);
		expect(text).toMatch(/Diagnose the tag\..* Result: intact.* Read every byte of it\..* Result: broken/);
		expect(text).toContain(layer.slice(0, 19));
		expect(text).toContain(
			'the disk holds every part of this image, each with the right size (their bytes were not hashed)',
		);
		expect(text).not.toContain('The disk holds every part; the registry answers from memory');
		expect(text).not.toContain('1. Restart the registry');
		expect(text).toMatch(/Verdict: \S+acme\/corrupt:latest is broken, as checked at/);
	});

	test('of an image whose every byte is right: that this is another incident, after reading all of it', async () => {
		const {code, text} = await said(`${host}/acme/fine:latest`);

		expect(code).toBe(0);
		expect(text).toContain(
			'Every byte of the image was read, and matches its digest; the disk holds every part of it. This is another incident',
		);
		expect(text).toMatch(/Verdict: \S+acme\/fine:latest is intact/);
	});

	test('of a store that belongs to another registry: that it does, and neither a restart nor a relink is offered', async () => {
		const other = openStore(path.join(scene.folder, 'other'));
		await other.push('elsewhere/app', '1', buildImage({seed: 'elsewhere', attestations: false}));
		const broken = buildImage({seed: 'acme/gone', attestations: false});
		await scene.store.push('acme/gone', 'latest', broken);
		await scene.store.remove(scene.store.revisionLink('acme/gone', broken.manifests[0]!.digest));

		const {code, text} = await said(`${host}/acme/gone:latest`, onVm(other.root, ', restart: "true"'));

		expect(code).toBe(8);
		expect(text).toContain(' serves another registry than ');
		expect(text).toContain(
			'Correct the registry’s url or storage.root in the configuration, or where the proxy in front of it leads.',
		);
		expect(text).toMatch(/1\. Repair it by hand \(recommended\)/);
		expect(text).not.toContain('holds every part');
		expect(text).not.toContain('answers from memory.');
		await scene.store.push('acme/gone', 'latest', broken);
	});

	test('of a scan that could not read a folder: that, and neither a damaged disk nor a whole one', async () => {
		const broken = buildImage({seed: 'acme/locked', attestations: false});
		await scene.store.push('acme/locked', 'latest', broken);
		await scene.store.remove(scene.store.revisionLink('acme/locked', broken.manifests[0]!.digest));
		const layers = path.join(scene.store.base, 'repositories/acme/locked');
		// The store is open to another user, but for this folder.
		await chmod(scene.folder, 0o711);
		await run('chmod', ['-R', 'a+rX', `${scene.folder}/storage`]);
		await chmod(layers, 0o700);
		const folder = path.join(scene.folder, 'as-nobody');
		await mkdir(folder);
		const sshd = await startSshd({
			folder,
			options: ['ForceCommand setpriv --reuid 65534 --regid 65534 --clear-groups /bin/sh -c "$SSH_ORIGINAL_COMMAND"'],
		});
		cleanUps.push(() => sshd.stop());

		const {code, text} = await said(
			`${host}/acme/locked:latest`,
			onVm(`${scene.folder}/storage`, ', restart: "true"', sshd),
		);

		expect(code).toBe(8);
		expect(text).toContain('Not everything could be read (');
		expect(text).not.toContain('The disk itself is damaged');
		expect(text).not.toContain('still on disk.');
		expect(text).not.toContain('holds every part');
		await scene.store.push('acme/locked', 'latest', broken);
	});

	test('of a digest that no tag names and whose layer is gone: that it is, never that the disk holds every part', async () => {
		const old = buildImage({seed: 'acme/pinned', attestations: false});
		await scene.store.push('acme/pinned', 'latest', old);
		await scene.store.push('acme/pinned', 'latest', buildImage({seed: 'acme/pinned anew', attestations: false}));
		await scene.store.remove(path.dirname(scene.store.blobFile(old.blobs.at(-1)!.digest)));

		const {code, text} = await said(`${host}/acme/pinned@${old.index.digest}`, onVm(`${scene.folder}/storage`));

		expect(code).toBe(8);
		expect(text).toMatch(/On disk, this image: .*layer-missing|On disk, this image: .*child-swept/);
		expect(text).not.toContain('holds every part');
		expect(text).toContain('The image was given by its digest: no tag is to be pointed elsewhere.');
		expect(text).toMatch(/Verdict: \S+acme\/pinned@sha256:\S+ is broken, as checked at/);
	});

	test('of an index that lost its own link: that a relink restores it, as its bytes are on the disk', async () => {
		const image = buildImage({seed: 'acme/unlinked', attestations: false});
		await scene.store.push('acme/unlinked', 'latest', image);
		await scene.store.remove(scene.store.revisionLink('acme/unlinked', image.index.digest));

		const {code, text} = await said(`${host}/acme/unlinked:latest`, onVm(`${scene.folder}/storage`));

		expect(code).toBe(8);
		expect(text).toMatch(
			/1\. Relink 1 manifest \(recommended\) Why: Every damaged part is still on disk; only its link is missing\./,
		);
		expect(text).toMatch(/Verdict: \S+acme\/unlinked:latest is broken, as checked at/);
	});

	/** A registry of its own that a command restarts, after these seconds; `serve` replaces what it starts. */
	async function restartable(seconds: number, serve?: string): Promise<{registry: RealRegistry; reference: string}> {
		const folder = path.join(scene.folder, `restart-${seconds}-${serve === undefined ? 'well' : 'badly'}`);
		const store = openStore(path.join(folder, 'storage'));
		const image = buildImage({seed: 'restart', attestations: false});
		await store.push('acme/app', 'latest', image);
		await store.remove(store.revisionLink('acme/app', image.manifests[0]!.digest));
		const registry = await startDockerRegistry({root: store.root, folder});
		const begin = serve ?? `exec ${locate('docker-registry')} serve ${registry.config}`;
		const end = `pids=$(pgrep -f "serve ${registry.config}"); [ -z "$pids" ] || kill $pids`;
		await writeFile(path.join(folder, 'end.sh'), `${end}\n`);
		await writeFile(
			path.join(folder, 'restart.sh'),
			`${end}\nsetsid sh -c 'sleep ${seconds}; ${begin}' > ${folder}/log 2>&1 < /dev/null &\necho started\n`,
		);
		cleanUps.push(() => run('sh', [path.join(folder, 'end.sh')]));
		cleanUps.push(() => registry.stop());
		const command = `sh ${folder}/restart.sh`;
		await writeFile(
			scene.configFile,
			`registries:\n  own:\n    url: http://${registry.host}\n    storage: ${onVm(store.root, `, restart: "${command}"`)}\n`,
		);
		return {registry, reference: `${registry.host}/acme/app:latest`};
	}

	async function respond(reference: string, script: Script): Promise<Incident> {
		const {session, close} = await startIncident(scene.invocation(), {
			runbook: 'orphan-index',
			reference: parseReference(reference),
			pace: 'auto',
			dryRun: false,
			another: true,
		});
		return respondWith(session, script).finally(close);
	}

	const restarting = {decide: [choose('restart')], 'restart-registry': [approve]};

	test('of a restart: when the registry responds again, and nothing is checked before', async () => {
		const before = await readFile(scene.configFile, 'utf8');
		cleanUps.push(() => writeFile(scene.configFile, before));
		const seconds = isSweep ? 20 : 2;
		const {reference} = await restartable(seconds);

		const incident = await respond(reference, restarting);

		const visit = lastVisit(incident, 'restart-registry')!;
		expect(visit).toMatchObject({
			outcome: 'restarted',
			say: expect.stringMatching(/^The registry was restarted\. It responds, after \d+(\.\d)? s/),
		});
		expect(Date.parse(visit.endedAt) - Date.parse(visit.startedAt)).toBeGreaterThan(seconds * 1_000);
		expect(lastVisit(incident, 'verify')).toMatchObject({outcome: 'broken'});
		expect(incident.phase).toMatchObject({kind: 'asking', step: 'decide'});
	}, 60_000);

	test('of a restart that failed with 125: why, and it is not tried yet', async () => {
		const before = await readFile(scene.configFile, 'utf8');
		cleanUps.push(() => writeFile(scene.configFile, before));
		const {reference} = await restartable(0);
		const text = await readFile(scene.configFile, 'utf8');
		const failing = path.join(scene.folder, 'restart-0-well/fail.sh');
		await writeFile(failing, 'echo "docker: Error response from daemon: No such container: registry." >&2; exit 125\n');
		await writeFile(scene.configFile, text.replace(/restart: "[^"]*"/, `restart: "sh ${failing}"`));

		const incident = await respond(reference, restarting);

		const options = incident.visits.at(-1)!.with.options as {key: string; why: string}[];
		expect(lastVisit(incident, 'restart-registry')).toMatchObject({
			outcome: 'failed',
			say: 'The restart command failed with exit code 125. Its last lines: docker: Error response from daemon: No such container: registry.',
		});
		expect(options.find(({key}) => key === 'restart')!.why).toMatch(/^Attempted before, without effect: .*125/);
	});
});
