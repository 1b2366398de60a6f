import {createHash} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parseReference} from '../../src/domain/image/reference.ts';
import {type Incident, lastVisit} from '../../src/domain/incident/incident.ts';
import {exitOf} from '../../src/domain/incident/standing.ts';
import type {PostMortem} from '../../src/domain/post-mortem/post-mortem.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {readIncident} from '../../src/incidents/find.ts';
import {resumeIncident} from '../../src/incidents/resume.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {describeReal, locate} from '../support/real.ts';
import {pullImage, pushImage} from '../support/real-images.ts';
import {answer, approve, choose, respondWith, type Script} from '../support/real-responder.ts';
import {openScene, type Scene} from '../support/real-scene.ts';

const programs = ['docker-registry', 'htpasswd', 'sshd', 'ssh', 'git', 'buildah', 'skopeo'];
const swept = buildImage({seed: 'infra-ci'});
const remembered = buildImage({seed: 'infra-old', platforms: ['linux/amd64', 'linux/arm64'], attestations: false});
const company = buildImage({seed: 'company', platforms: ['linux/amd64'], attestations: false});
const unlinked = buildImage({seed: 'tool'});

const onTerminal = test.skipIf(locate('tmux') === undefined && process.env.REGMEDIC_REQUIRE_REAL !== '1');

/** One incident after the other on the same servers, told in order: each begins where the one before left the store. */
describeReal('an incident on real servers', programs, () => {
	let scene: Scene;
	let image: string;

	beforeAll(async () => {
		scene = await openScene();
		image = `${scene.registry.host}/infra-ci:latest`;
		await push('infra-ci:latest', swept);
		await push('infra-old:latest', remembered);
		await push('acme/app:1.0', company, true);
		await push('acme/web:2.1', company, true);
		await scene.collectGarbage();
	});

	afterAll(() => scene?.[Symbol.asyncDispose]());

	const push = (name: string, built: typeof swept, isSingle = false) =>
		pushImage({
			image: built,
			to: `${scene.registry.host}/${name}`,
			credentials: scene.credentials,
			folder: scene.folder,
			...(isSingle ? {only: built.manifests[0]!} : {}),
		});
	const json = async <T>(args: string[], code: number): Promise<T> => {
		const said = await scene.regmedic([...args, '--json']);
		expect(said, said.stderr).toMatchObject({code});
		return JSON.parse(said.stdout) as T;
	};
	const scanOver = (transport: string, ...more: string[]) => [
		...['scan', '--ssh', scene.sshd.alias, '--root', scene.store.root, '--ssh-config', scene.sshd.configFile],
		...['--transport', transport, ...more],
	];

	/** Begins an incident, or goes on with one, as the commands do; a script is the person. */
	async function respond(reference: string, script: Script, name?: string): Promise<Incident> {
		const invocation = scene.invocation();
		const pace = 'auto' as const;
		const {session, close} =
			name === undefined
				? await startIncident(invocation, {
						runbook: 'orphan-index',
						reference: parseReference(reference),
						pace,
						dryRun: false,
					})
				: await resumeIncident(invocation, await readIncident(invocation, name), {pace, takeOver: false, speed: 1});
		return respondWith(session, script).finally(close);
	}

	test('a push that a registry with an old memory calls a success is still called broken', async () => {
		const {host} = scene.registry;
		const {username, password} = scene.credentials;
		const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
		await push('infra-old:latest', remembered);

		const layer = remembered.blobs[1]!.digest;
		const head = await fetch(`http://${host}/v2/infra-old/blobs/${layer}`, {method: 'HEAD', headers: {authorization}});
		const check = await json<{images: {verdict: string; faults: {digest: string}[]}[]}>(
			['verify', `${host}/infra-old:latest`],
			3,
		);

		expect(head.status).toBe(200);
		expect(check.images[0]!.verdict).toBe('broken');
		expect(check.images[0]!.faults.map(({digest}) => digest)).toContain(layer);
		await expect(pullImage(`${host}/infra-old:latest`, scene.credentials, scene.folder)).rejects.toThrow();
		await scene.registry.restart();
	});

	test('verify names every child that the collection took, and its company is intact', async () => {
		const {registry} = scene;
		const [broken, healthy] = await Promise.all([
			json<{images: object[]}>(['verify', image], 3),
			json<{images: object[]}>(['verify', `${registry.host}/acme/app:1.0`, `${registry.host}/acme/web:2.1`], 0),
		]);

		expect(broken).toMatchObject({
			schema: 'regmedic.verify/1',
			images: [
				{
					reference: image,
					digest: swept.index.digest,
					verdict: 'broken',
					faults: swept.manifests.map(({digest, platform}) => ({
						kind: 'child-missing',
						digest,
						platform,
						via: [swept.index.digest],
						status: 404,
					})),
				},
			],
		});
		expect(healthy.images).toMatchObject([{verdict: 'intact'}, {verdict: 'intact'}]);
	});

	test.each(['openssh', 'ssh2'])('the scan over %s finds the swept children with their tags', async transport => {
		type Scan = {complete: boolean; findings: {kind: string; repository: string; digest: string}[]};
		const {findings, complete} = await json<Scan>(scanOver(transport), 3);
		const mine = findings.filter(({repository}) => repository === 'infra-ci');

		expect(complete).toBe(true);
		expect(mine.map(({digest}) => digest).sort()).toEqual(swept.manifests.map(({digest}) => digest).sort());
		for (const finding of mine) {
			expect(finding).toMatchObject({kind: 'child-swept', tags: ['latest'], remedy: 'rebuild'});
		}
		expect(findings.filter(({repository}) => repository.startsWith('acme/'))).toEqual([]);
	});

	test('without a terminal respond reads, stops where a person must choose, and says how to go on', async () => {
		const said = await scene.regmedic(['respond', 'orphan-index', '--image', image, '--config', 'regmedic.yaml']);
		const [, name] = /regmedic resume (\S+)/.exec(said.stdout) ?? [];
		const {incidents} = await json<{incidents: {name: string; state: string; image: string}[]}>(['incidents'], 0);
		const again = await scene.regmedic(['resume', name!]);

		expect(said, said.stderr).toMatchObject({code: 8});
		expect(said.stdout).toContain('Rebuild without CI, on vm');
		expect(incidents).toMatchObject([{name, kind: 'incident', image, state: 'open at "Decide on a remedy"'}]);
		expect(again).toMatchObject({code: 8, stdout: expect.stringContaining(`regmedic resume ${name}`)});
		expect(await json(['verify', image], 3)).toMatchObject({images: [{digest: swept.index.digest}]});
	});

	test('the incident is resumed, rebuilt on the host over ssh, proven and told', async () => {
		const {incidents} = await json<{incidents: {name: string}[]}>(['incidents'], 0);
		const name = incidents[0]!.name;
		const folder = path.join(scene.stateFolder, 'incidents', name);

		const incident = await respond(
			image,
			{
				decide: [choose('rebuild-fallback', 'CI runs in it')],
				'build-fallback': [approve],
				close: [answer({impact: 'every pipeline', began: '2026-04-19T09:00:00Z', noticed: 'a person'})],
			},
			name,
		);

		const build = lastVisit(incident, 'build-fallback');
		expect(build, JSON.stringify(incident.visits.at(-1))).toMatchObject({outcome: 'pushed'});
		expect(incident).toMatchObject({
			// buildah builds for this host alone, and the index that the collection broke had two platforms.
			phase: {kind: 'stopped', stop: 'fixed-in-part', closed: true},
			verdict: {verdict: 'intact'},
		});
		expect(exitOf(incident)).toBe(3);
		expect(lastVisit(incident, 'build-fallback')?.gate?.changes).toMatchObject([
			{
				images: [image, image.replace('latest', 'manual')],
				writes: [
					{tag: 'latest', now: swept.index.digest, verdict: 'broken'},
					{tag: 'manual', verdict: 'absent'},
				],
				platforms: {loses: [{platform: expect.stringMatching(/^linux\//), verdict: 'broken'}]},
			},
		]);
		expect(lastVisit(incident, 'verify')).toMatchObject({
			outcome: 'intact',
			with: {depth: 'content'},
			say: expect.stringMatching(/The repair lost linux\/\w+, which the image had before\./),
		});

		const pulled = await pullImage(image, scene.credentials, scene.folder);
		expect(JSON.parse(await readFile(path.join(pulled, 'manifest.json'), 'utf8'))).toHaveProperty('layers');
		const [report, verified, proof, markdown] = await Promise.all([
			json<PostMortem>(['export', name], 0),
			json(['verify', image, '--depth', 'content'], 0),
			json(['journal', 'verify', name], 0),
			scene.regmedic(['export', name]),
		]);
		expect(verified).toMatchObject({images: [{verdict: 'intact', digest: build!.values.digest}]});
		expect(proof).toMatchObject({sealed: true, torn: null});
		expect(report).toMatchObject({
			drill: false,
			status: 'closed',
			verdict: 'intact',
			ended: {stop: 'fixed-in-part'},
			comparedToOriginal: {
				same: false,
				platforms: {lost: [expect.stringMatching(/^linux\//)], new: []},
				mediaType: false,
			},
			changes: [{target: 'vm', approvedBy: 'nora', outcome: 'pushed'}],
			told: {impact: 'every pipeline'},
			record: {sealed: true},
		});
		expect(report.cause[0]).toContain('child-swept');
		expect(report.cause[0]).toContain(swept.manifests[0]!.digest);
		expect(report.followUps.map(({text}) => text).join()).toContain('infra-old:latest');
		expect(markdown.stdout).toContain('child-swept');

		expect(report.evidence.length).toBeGreaterThan(3);
		for (const {file, digest, bytes} of report.evidence) {
			const kept = await readFile(path.join(folder, file));
			expect([kept.length, `sha256:${createHash('sha256').update(kept).digest('hex')}`]).toEqual([bytes, digest]);
		}
		const built = report.evidence.find(({file}) => file.endsWith('build-fallback-1.log'));
		const log = await readFile(path.join(folder, built!.file), 'utf8');
		expect(log).toMatch(/==> clone[\s\S]*==> login[\s\S]*==> build[\s\S]*==> push/);
	});

	test('a child that lost its link is not forced on a read-only registry, and the reason is told', async () => {
		await push('acme/tool:latest', unlinked);
		await scene.store.remove(scene.store.revisionLink('acme/tool', unlinked.manifests[0]!.digest));
		const frozen = await scene.freeze();
		const reference = `${scene.frozenHost}/acme/tool:latest`;

		try {
			const incident = await respond(reference, {decide: [choose('relink')], relink: [approve]});

			expect(lastVisit(incident, 'relink')).toMatchObject({
				outcome: 'rejected',
				say: expect.stringContaining('405'),
			});
			expect(incident).toMatchObject({phase: {kind: 'asking', step: 'decide'}, verdict: {verdict: 'unknown'}});
			expect(await json(['verify', reference], 3)).toMatchObject({images: [{verdict: 'broken'}]});
		} finally {
			await frozen.stop();
		}
	});

	test('a child that lost its link is relinked after the phrase is typed, under the same digest', async () => {
		await scene.registry.restart();
		const reference = `${scene.registry.host}/acme/tool:latest`;
		const child = unlinked.manifests[0]!;
		type Scan = {findings: {repository: string}[]};
		const {findings} = await json<Scan>(['scan', '--registry', 'private'], 3);
		const before = await json<{images: {digest: string}[]}>(['verify', reference], 3);
		const phrases: (string | undefined)[] = [];

		const incident = await respond(reference, {
			decide: [
				visit => {
					expect(visit.with.options).toMatchObject({0: {key: 'relink', recommended: true}});
					return choose('relink')();
				},
			],
			relink: [
				() => ({type: 'gate.answered', answer: 'approve'}),
				visit => {
					phrases.push(visit.gate?.phrase);
					return approve(visit);
				},
			],
			close: [answer({impact: 'nobody', began: 'unknown', noticed: 'a probe'})],
		});

		expect(findings.filter(({repository}) => repository === 'acme/tool')).toMatchObject([
			{kind: 'child-unlinked', digest: child.digest, tags: ['latest'], remedy: 'relink', missing: []},
		]);
		expect(phrases).toEqual(['relink 1 manifest']);
		expect(incident).toMatchObject({phase: {kind: 'stopped', stop: 'fixed'}, verdict: {verdict: 'intact'}});
		expect(lastVisit(incident, 'relink')).toMatchObject({outcome: 'relinked', output: {relinked: [child.digest]}});
		expect(before.images[0]!.digest).toBe(unlinked.index.digest);
		expect(await json(['verify', reference, '--depth', 'content'], 0)).toMatchObject({
			images: [{verdict: 'intact', digest: unlinked.index.digest}],
		});
		await pullImage(reference, scene.credentials, scene.folder);
	});

	onTerminal(
		'begun in plain lines, interrupted at the gate, and finished on the screen by the typed phrase',
		async () => {
			await push('acme/kit:latest', unlinked);
			await scene.store.remove(scene.store.revisionLink('acme/kit', unlinked.manifests[1]!.digest));
			await scene.registry.restart();
			const reference = `${scene.registry.host}/acme/kit:latest`;

			const plain = await scene.terminal(['respond', 'orphan-index', '--plain', '--image', reference]);
			await plain.until(/Next: Scan the storage\./);
			await plain.press('Enter');
			await plain.until(/Next: Decide on a remedy\./);
			await plain.press('Enter');
			await plain.until(/1\. Relink 1 manifest \(recommended\)/);
			await plain.press('1', 'Enter');
			await plain.until(/relink 1 manifest/);
			await plain.press('C-c');
			const interrupted = await plain.ended();
			const [, name] = /regmedic resume (\S+)/.exec(interrupted.scrollback) ?? [];

			const screen = await scene.terminal(['resume', name!]);
			await screen.until(/To go ahead, type: +relink 1 manifest/);
			await screen.type('approve');
			await screen.press('Enter');
			await screen.until(/"approve" is not "relink 1 manifest"\. Nothing was changed\./);
			const untouched = await scene.regmedic(['verify', reference]);
			await screen.type('relink 1 manifest');
			await screen.press('Enter');
			for (const title of [
				'Verify again',
				'Find pipelines',
				'List the other damaged images',
				'Find what will cause it again',
			]) {
				await screen.until(new RegExp(`Next: ${title}`));
				await screen.press('Enter');
			}
			for (const question of [/Who or what was affected/, /When did it begin/, /Who or what noticed it/]) {
				await screen.until(question);
				await screen.press('Enter');
			}
			await screen.until(/The image is intact again/);
			await screen.press('q');
			const ended = await screen.ended();

			expect(interrupted.code).toBe(130);
			expect(untouched).toMatchObject({code: 3});
			expect(ended.code).toBe(0);
			expect(ended.scrollback).toMatch(/Verdict:.*intact[\s\S]*Post-mortem: .*post-mortem\.md/);
			expect(await json(['verify', reference, '--depth', 'content'], 0)).toMatchObject({
				images: [{verdict: 'intact', digest: unlinked.index.digest}],
			});
		},
	);

	test('what cannot work ends with its own exit code, and with a hint on standard error', async () => {
		const strangers = path.join(scene.folder, 'strangers');
		const config = await readFile(scene.sshd.configFile, 'utf8');
		await writeFile(strangers, config.replace(scene.sshd.knownHostsFile, path.join(scene.folder, 'nobody')));
		await writeFile(
			path.join(scene.folder, 'typo.yaml'),
			'registries: {}\nimages:\n  infra-ci:\n    registri: private\n',
		);
		const {host} = scene.registry;

		const ends = await Promise.all([
			scene.regmedic(['verify', image], {REG_PASS: 'wrong'}),
			scene.regmedic([...scanOver('openssh'), '--ssh-config', strangers]),
			scene.regmedic([...scanOver('ssh2'), '--ssh-config', strangers]),
			scene.regmedic(['verify', `${host}/infra-ci:gone`]),
			scene.regmedic(['verify', 'infra-ci:latest']),
			scene.regmedic(['verify', image, '--config', 'typo.yaml']),
		]);

		expect(ends).toMatchObject([
			{code: 5, stderr: expect.stringMatching(/refuses the credentials of nora.*\n.*regmedic check/)},
			{code: 5, stderr: expect.stringMatching(/host key of vm is not known.*\n.*ssh-keyscan -p \d+ 127\.0\.0\.1/)},
			{code: 5, stderr: expect.stringMatching(/host key of vm is not known.*\n.*ssh-keyscan -p \d+ 127\.0\.0\.1/)},
			{code: 1, stderr: expect.stringMatching(/gone.*\n.+/)},
			{code: 2, stderr: expect.stringMatching(/not an image reference.*\n.*host\[:port\]/)},
			{code: 4, stderr: expect.stringMatching(/typo\.yaml:4:5: Unknown key "images\.infra-ci\.registri"[\s\S]*README/)},
		]);
		expect(ends.map(({stdout}) => stdout)).toEqual(Array(6).fill(''));
	});

	test('servers that are down are unreachable, not broken', async () => {
		await Promise.all([scene.registry.stop(), scene.sshd.stop()]);

		const [registry, openssh, ssh2, check] = await Promise.all([
			scene.regmedic(['verify', image]),
			scene.regmedic(scanOver('openssh')),
			scene.regmedic(scanOver('ssh2')),
			scene.regmedic(['check']),
		]);

		expect(registry).toMatchObject({code: 6, stderr: expect.stringMatching(/Nothing listens at .*\n.*regmedic check/)});
		expect(openssh).toMatchObject({code: 6, stderr: expect.stringMatching(/vm.*\n.+/)});
		expect(ssh2).toMatchObject({code: 6, stderr: expect.stringMatching(/vm.*\n.+/)});
		expect(check).toMatchObject({code: 6, stdout: expect.stringContaining('NOT OK')});
	});

	test('the password is nowhere: not in what was said, in the journals, nor in what is left on the host', async () => {
		const {username, password} = scene.credentials;
		const traces = await scene.traces();
		const forms = [
			password,
			encodeURIComponent(password),
			JSON.stringify(password),
			...[password, `${username}:${password}`].map(text => Buffer.from(text).toString('base64').replace(/=+$/, '')),
		];

		expect(traces).toContain('==> login');
		for (const form of forms) {
			expect(traces.includes(form), form).toBe(false);
		}
	});
});
