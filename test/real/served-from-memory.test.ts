import {existsSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import {lastVisit} from '../../src/domain/incident/incident.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openLogin} from '../support/cli.ts';
import {isPullable} from '../support/http-push.ts';
import {openMemoryLab} from '../support/memory-lab.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {answer, approve, choose} from '../support/real-responder.ts';
import {registryVersion} from '../support/registry-program.ts';

const image = buildImage({seed: 'remembered', attestations: false, platforms: ['linux/amd64']});
const [child] = image.manifests;
const layer = image.blobs[1]!;

/** 2.8 remembers the links of layers, 3.x those of manifests as well. */
const lost = registryVersion === '2.8' ? ['layer'] : ['layer', 'child'];

describeReal(`what registry ${registryVersion} serves only from its memory`, ['docker-registry', 'curl'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;

	beforeAll(async () => {
		place = await temporaryFolder();
	});

	afterAll(() => place?.[Symbol.asyncDispose]());

	async function remembering(what: string, name: string) {
		const lab = await openMemoryLab(path.join(place.folder, name));
		onTestFinished(() => lab[Symbol.asyncDispose]());
		const {store} = lab;
		await store.push('acme/app', 'v1', image);
		expect(await isPullable(lab.host, 'acme/app', 'v1')).toBe(true);
		const link =
			what === 'layer' ? store.layerLink('acme/app', layer.digest) : store.revisionLink('acme/app', child!.digest);
		await store.remove(link);
		expect(await isPullable(lab.host, 'acme/app', 'v1')).toBe(true);
		return {...lab, link};
	}

	test.each(lost)(
		'a %s without its link: intact over HTTP at every depth, found on the disk, and relinked before any restart',
		async what => {
			const lab = await remembering(what, what);

			const incident = await lab.respond('acme/app', {
				decide: [choose('relink')],
				relink: [approve],
				close: [answer({impact: 'nobody', began: 'unknown', noticed: 'nobody'})],
			});

			expect(lastVisit(incident, 'diagnose-content')).toMatchObject({outcome: 'intact'});
			expect(lastVisit(incident, 'check-disk')).toMatchObject({
				outcome: 'found',
				say: expect.stringContaining('acme/app:v1 only from its memory: relink before any restart'),
			});
			const [first, ...others] = lastVisit(incident, 'decide')!.with.options as {key: string; blocked?: string}[];
			expect(first).toMatchObject({key: 'relink', recommended: true});
			expect(others.find(({key}) => key === 'restart')!.blocked).toMatch(/^Relink first/);
			expect(incident.phase).toMatchObject({kind: 'stopped', stop: 'fixed'});
			expect(existsSync(lab.link)).toBe(true);
			await lab.registry.restart();
			expect(await isPullable(lab.host, 'acme/app', 'v1')).toBe(true);
		},
	);

	test('verify and probe say what intact means there, where the registry is proven to remember manifests', async () => {
		const login = await openLogin();
		onTestFinished(() => login[Symbol.asyncDispose]());
		const lab = await remembering(lost.at(-1)!, 'said');
		const none = await startDockerRegistry({
			root: lab.store.root,
			folder: place.folder,
			variables: {REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: 'none'},
		});
		onTestFinished(() => none.stop());
		await lab.store.push('acme/tool', 'v1', buildImage({seed: 'whole', attestations: false}));
		const meaning = 'Intact means here that it can be pulled now: this registry (distribution 3.x with a descriptor';
		const isProven = registryVersion !== '2.8';
		const words = (output: string) => output.replace(/\s+/g, ' ');

		const verified = await login.run(['verify', `${lab.host}/acme/app:v1`]);
		expect(verified.exitCode).toBe(0);
		expect(words(verified.stdout).includes(meaning)).toBe(isProven);
		const probed = await login.run(['probe', lab.host]);
		expect(probed.exitCode).toBe(0);
		expect(words(probed.stdout).includes(meaning)).toBe(isProven);
		const {images} = JSON.parse((await login.run(['verify', '--json', `${lab.host}/acme/app:v1`])).stdout);
		expect(images[0].mayLackLinks).toBe(isProven ? true : undefined);
		const report = JSON.parse((await login.run(['probe', '--json', lab.host])).stdout);
		expect(report.mayLackLinks).toBe(isProven ? true : undefined);

		const cold = JSON.parse((await login.run(['verify', '--json', `${none.host}/acme/tool:v1`])).stdout);
		expect(cold.images[0].verdict).toBe('intact');
		expect(cold.images[0].mayLackLinks).toBe(undefined);
	});

	test('until it was relinked, no verdict calls it intact', async () => {
		const lab = await remembering(lost.at(-1)!, 'left');

		const incident = await lab.respond('acme/app', {});

		expect(incident.phase).toMatchObject({kind: 'asking', step: 'decide'});
		await lab.registry.restart();
		expect(await isPullable(lab.host, 'acme/app', 'v1')).toBe(false);
		expect(incident.verdict).toMatchObject({verdict: 'unknown'});
	});
});
