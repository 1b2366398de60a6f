import {existsSync} from 'node:fs';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {parseReference} from '../../src/domain/image/reference.ts';
import {lastVisit} from '../../src/domain/incident/incident.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {startIncident} from '../../src/incidents/start.ts';
import {type HeldCollection, holdCollection} from '../support/held-collection.ts';
import {describeReal} from '../support/real.ts';
import {pushImage} from '../support/real-images.ts';
import {approve, choose, respondWith} from '../support/real-responder.ts';
import {openScene, type Scene} from '../support/real-scene.ts';
import {viewOf} from '../support/small-session.ts';
import {treeManifest} from '../support/tree-manifest.ts';

const built = buildImage({seed: 'infra-ci', platforms: ['linux/amd64'], attestations: false});
const stray = `sha256/ab/ab${'0'.repeat(62)}`;

const patienceMs = 120_000;

describeReal(
	'while a real collection stands still at one link',
	['docker-registry', 'htpasswd', 'sshd', 'ssh', 'strace', 'skopeo', 'git'],
	() => {
		let scene: Scene;
		let image: string;
		let held: HeldCollection;
		let link: string;
		/** What nothing needs, and a collection removes. */
		const strayBlob = () => path.join(scene.store.base, 'blobs', stray, 'data');

		beforeAll(async () => {
			scene = await openScene();
			image = `${scene.registry.host}/infra-ci:latest`;
			await pushImage({image: built, to: image, credentials: scene.credentials, folder: scene.folder});
			link = path.join(scene.store.tagFolder('infra-ci', 'latest'), 'current/link');
			await writeFile(link, 'no digest');
			await mkdir(path.dirname(strayBlob()), {recursive: true});
			await writeFile(strayBlob(), 'nothing needs it');
			// The registry forgets the link as well.
			await scene.registry.restart();
			held = await holdCollection(scene.registry.config);
		});

		afterAll(async () => {
			await held?.[Symbol.asyncDispose]();
			await scene?.[Symbol.asyncDispose]();
		});

		test(
			'a scan is provisional: incomplete, and it names the process',
			async () => {
				const target = [
					'scan',
					'--ssh',
					scene.sshd.alias,
					'--root',
					scene.store.root,
					'--ssh-config',
					scene.sshd.configFile,
				];

				const said = await scene.regmedic(target);
				const json = JSON.parse((await scene.regmedic([...target, '--json'])).stdout);

				expect(said.stdout).toMatch(
					/^INCOMPLETE: a cleaner works on the store, or did\. What was read is provisional\./,
				);
				expect(said.stdout.replace(/\s+/g, ' ')).toContain(`(process ${held.pid}, since `);
				expect(json).toMatchObject({
					complete: false,
					provisional: true,
					hold: {
						running: [{kind: 'collection', pid: held.pid, line: expect.stringMatching(/garbage-collect \S+\.json$/)}],
					},
				});
				// strace, this test and other regmedics are none.
				expect(json.hold.running).toHaveLength(1);
				expect(json.hold.running[0]).not.toHaveProperty('perhaps');
			},
			patienceMs,
		);

		test(
			'respond applies nothing, says what it waits for, and goes on when the collection has ended',
			async () => {
				const {session, close} = await startIncident(scene.invocation(), {
					runbook: 'orphan-index',
					reference: parseReference(image),
					pace: 'auto',
					dryRun: false,
				});
				const before = treeManifest(scene.store.base);
				const ended = respondWith(session, {decide: [choose('relink')], relink: [approve]}).finally(close);

				const waiting = await Promise.race([
					viewOf(
						session,
						({incident, live}) => incident.visits.some(({waits}) => waits !== undefined) && live.progress !== undefined,
					),
					ended.then(({visits}) => Promise.reject(new Error(`It ended: ${JSON.stringify(visits.at(-1))}`))),
				]);
				const scan = lastVisit(waiting.incident, 'scan-storage');

				expect(scan).toMatchObject({
					outcome: 'incomplete',
					say: expect.stringMatching(/^PROVISIONAL: .* So far, this image: 1 link-malformed/),
				});
				expect(waiting.incident.phase).toMatchObject({kind: 'intending', step: 'relink'});
				expect(waiting.live.progress?.label).toContain(`(process ${held.pid})`);
				expect(waiting.incident.changed).toBe(false);
				expect(treeManifest(scene.store.base)).toEqual(before);
				expect(existsSync(strayBlob())).toBe(true);

				expect(await held.release()).toBe(0);
				const incident = await ended;

				expect(existsSync(strayBlob())).toBe(false);
				expect(await readFile(link, 'utf8')).toBe(built.index.digest);
				expect(lastVisit(incident, 'relink')?.outcome).toBe('relinked');
				expect(lastVisit(incident, 'verify')?.outcome).toBe('intact');
				expect(incident.visits.find(({step}) => step === 'relink')?.waits).toHaveLength(1);
			},
			patienceMs,
		);
	},
);

describeReal(
	'a change that is approved while a collection stands still that will delete what it needs',
	['docker-registry', 'htpasswd', 'sshd', 'ssh', 'strace', 'skopeo', 'git'],
	() => {
		let scene: Scene;
		let held: HeldCollection;

		afterAll(async () => {
			await held?.[Symbol.asyncDispose]();
			await scene?.[Symbol.asyncDispose]();
		});

		test(
			'is not begun when the collection has ended: the decision says that its bytes are gone',
			async () => {
				scene = await openScene();
				const image = `${scene.registry.host}/infra-ci:latest`;
				await pushImage({image: built, to: image, credentials: scene.credentials, folder: scene.folder});
				const {
					manifests: [child],
					blobs: [layer],
				} = built;
				await rm(scene.store.revisionLink('infra-ci', child!.digest));
				await scene.registry.restart();
				// What the child needs is deleted: the collection marks what it finds by its link.
				held = await holdCollection(scene.registry.config);
				const {session, close} = await startIncident(scene.invocation(), {
					runbook: 'orphan-index',
					reference: parseReference(image),
					pace: 'auto',
					dryRun: false,
				});
				const ended = respondWith(session, {decide: [choose('relink')], relink: [approve]}).finally(close);
				await Promise.race([
					viewOf(session, ({incident}) => incident.visits.some(({waits}) => waits !== undefined)),
					ended.then(({visits}) => Promise.reject(new Error(`It ended: ${JSON.stringify(visits.at(-1))}`))),
				]);
				expect(existsSync(scene.store.blobFile(layer!.digest))).toBe(true);

				expect(await held.release()).toBe(0);
				const incident = await ended;

				expect(existsSync(scene.store.blobFile(layer!.digest))).toBe(false);
				expect(incident).toMatchObject({changed: false, problem: {code: 'relink.gone', step: 'relink'}});
				expect(incident.phase).toMatchObject({kind: 'asking', step: 'decide'});
			},
			patienceMs,
		);
	},
);
