import {existsSync} from 'node:fs';
import path from 'node:path';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import {lastVisit} from '../../src/domain/incident/incident.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {isPullable} from '../support/http-push.ts';
import {openMemoryLab} from '../support/memory-lab.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
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

	test('until it was relinked, no verdict calls it intact', async () => {
		const lab = await remembering(lost.at(-1)!, 'left');

		const incident = await lab.respond('acme/app', {});

		expect(incident.phase).toMatchObject({kind: 'asking', step: 'decide'});
		await lab.registry.restart();
		expect(await isPullable(lab.host, 'acme/app', 'v1')).toBe(false);
		expect(incident.verdict).toMatchObject({verdict: 'unknown'});
	});
});
