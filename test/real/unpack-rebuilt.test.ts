import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createUnpacker} from '../../src/adapters/unpack/unpacker.ts';
import {parseReference} from '../../src/domain/image/reference.ts';
import type {PlannedImage} from '../../src/domain/incident/planned-images.ts';
import {openStore} from '../../src/drills/images/store.ts';
import type {Ports} from '../../src/engine/actions/action.ts';
import {registryScope} from '../../src/engine/actions/registry-scope.ts';
import {registryVerify} from '../../src/engine/actions/registry-verify.ts';
import {registryVerifyAll} from '../../src/engine/actions/registry-verify-all.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {craftedImages} from '../support/crafted-images.ts';
import {contextWith, damagedImage} from '../support/fake-ports.ts';
import {writeParts} from '../support/push-parts.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';

/** Each named by what it is; only unpacking tells the second and the third from a whole one. */
const images = {
	whole: craftedImages['layer-twice']!,
	odd: craftedImages['diffid-of-the-packed-layer']!,
	cut: craftedImages['zstd-cut']!,
	relinked: craftedImages['diffids-swapped']!,
};
type Name = keyof typeof images;
const names = Object.keys(images) as Name[];

describeReal('what a build pushed is unpacked before it is called repaired', ['docker-registry'], () => {
	let place: Awaited<ReturnType<typeof temporaryFolder>>;
	let real: RealRegistry;
	let ports: Pick<Ports, 'registry'> & Required<Pick<Ports, 'unpacker'>>;

	beforeAll(async () => {
		place = await temporaryFolder();
		const root = path.join(place.folder, 'root');
		const store = openStore(root);
		await mkdir(store.base, {recursive: true});
		for (const name of names) {
			await writeParts(store, `acme/${name}`, ['t'], images[name]);
		}

		real = await startDockerRegistry({root, folder: place.folder});
		const {host} = real;
		ports = {
			registry: createRegistry({
				host,
				url: `http://${host}`,
				clock: systemClock,
				credentials: async () => undefined,
			}),
			unpacker: createUnpacker({threads: 2}),
		};
	});

	afterAll(async () => {
		await ports?.registry.close();
		await ports?.unpacker.close();
		await real?.stop();
		await place?.[Symbol.asyncDispose]();
	});

	const referenceTo = (name: Name) => parseReference(`${real.host}/acme/${name}:t`);
	const planned = (name: Name): PlannedImage => {
		const {digest} = images[name];
		const damaged = {...damagedImage(digest), id: name, repository: `acme/${name}`, tags: ['t']};
		const remedy = name === 'relinked' ? 'relink' : 'rebuild-ci';
		return {damaged, ids: new Set([name]), item: {remedy, outcome: 'done', say: ''}};
	};

	async function verifyAll(used: Partial<Ports>) {
		const context = contextWith(used, {planned: names.map(planned), changed: true});
		const {outcome, output} = await registryVerifyAll.run({image: referenceTo('whole')}, context);
		const rows = (output as {images: {id: string; verdict: string; say: string}[]}).images;
		return {outcome, rows: Object.fromEntries(rows.map(({id, verdict, say}) => [id, `${verdict}: ${say}`]))};
	}

	test('of a plan: what does not unpack is broken, with its fault; what was relinked stays at content', async () => {
		const {outcome, rows} = await verifyAll(ports);

		expect(outcome).toBe('broken');
		expect(rows).toEqual({
			whole: expect.stringMatching(/^intact: .*every layer unpacked: the image can be pulled\./),
			odd: expect.stringMatching(/^broken: .*diffid-mismatch: it unpacks to sha256:/),
			cut: expect.stringMatching(/^broken: .*layer-unreadable: /),
			relinked: expect.stringMatching(/^intact: .*No layer was unpacked/),
		});
	});

	test('and nothing of that plan is called undamaged afterwards because its bytes are whole', async () => {
		const context = contextWith(ports, {planned: names.map(planned), changed: true});
		const {outcome, output} = await registryScope.run({image: referenceTo('whole'), tried: []}, context);

		expect(outcome).toBe('damaged');
		expect((output as {images: unknown[]}).images).toMatchObject([
			{repository: 'acme/odd', findings: ['diffid-mismatch']},
			{repository: 'acme/cut', findings: ['layer-unreadable']},
		]);
	});

	test('where nothing unpacks, the verdict says that it rests on the bytes alone', async () => {
		const {outcome, rows} = await verifyAll({registry: ports.registry});

		expect(outcome).toBe('intact');
		for (const say of Object.values(rows)) {
			expect(say).toMatch(/^intact: .*Every byte is there and matches its digest\. No layer was unpacked/);
		}
	});

	test('of one image: at content, one that was rebuilt is unpacked too', async () => {
		const verify = (used: Partial<Ports>, rebuilt: boolean) =>
			registryVerify.run(
				{image: referenceTo('odd'), depth: 'content'},
				contextWith(used, {...(rebuilt && {rebuilt: true as const})}),
			);

		expect(await verify(ports, true)).toMatchObject({
			outcome: 'broken',
			output: {faults: [{kind: 'diffid-mismatch'}]},
		});
		expect(await verify(ports, false)).toMatchObject({outcome: 'intact'});
		expect(await verify({registry: ports.registry}, true)).toMatchObject({
			outcome: 'intact',
			say: expect.stringContaining('No layer was unpacked'),
		});
	});
});
