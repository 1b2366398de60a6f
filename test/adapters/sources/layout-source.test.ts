import {createHash} from 'node:crypto';
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {createLayoutSource} from '../../../src/adapters/sources/layout-source.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {pax, tarEnd, tarFile, withChecksum} from '../../support/tar.ts';

/** `claims`: the size that its header says, where that is another than its data's. */
type WrittenEntry = {name: string; data?: Uint8Array; type?: string; link?: string; claims?: number};

/** Names in UTF-8; one that a header cannot hold is in pax records. */
function tarOf(entries: readonly WrittenEntry[], {isEnded = true} = {}): Buffer {
	const parts = entries.flatMap(({name, data = new Uint8Array(), type = '0', link = '', claims}) => {
		const bytes = Buffer.from(name).toString('latin1');
		const file = tarFile({name: bytes.slice(0, 99), type, link, content: Buffer.from(data).toString('latin1')});
		if (claims !== undefined) {
			file.write(`${claims.toString(8).padStart(11, '0')}\0`, 124);
			withChecksum(file.subarray(0, 512));
		}

		return bytes.length > 99 ? [tarFile(pax([['path', bytes]])), file] : [file];
	});
	return Buffer.concat([...parts, ...(isEnded ? [tarEnd] : [])]);
}

const {signal} = new AbortController();
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
const fileOf = (bytes: Uint8Array) => `blobs/${digestOf(bytes).replace(':', '/')}`;
const blobEntry = (data: Uint8Array): WrittenEntry => ({name: fileOf(data), data});
const sought = (bytes: Uint8Array) =>
	({repository: 'acme/app', digest: digestOf(bytes), kind: 'blob', size: bytes.length}) as const;

function indexEntry(...manifests: object[]): WrittenEntry {
	return {name: 'index.json', data: Buffer.from(JSON.stringify({schemaVersion: 2, manifests}))};
}

let folder: string;
let archives = 0;

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'regmedic-layout-'));
});

afterAll(() => rm(folder, {recursive: true, force: true}));

async function sourceOf(archive: Uint8Array) {
	const place = path.join(folder, `${++archives}.tar`);
	await writeFile(place, archive);
	return createLayoutSource({name: 'shelf', place});
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of stream) {
		chunks.push(Uint8Array.from(chunk));
	}

	return Buffer.concat(chunks);
}

/** What it says when it is asked for something. */
async function complaintOf(archive: Uint8Array): Promise<string> {
	const source = await sourceOf(archive);
	const complaint = await source.holds([sought(Buffer.from('x'))], {signal}).then(
		() => 'none',
		error => `${error.code}: ${error.message}`,
	);
	await source.close();
	return complaint.replace(folder, '');
}

describe('a tar archive of an OCI layout', () => {
	const layer = Buffer.from('a layer');

	it('gives back every blob byte for byte, whatever lies between them', async () => {
		const noise = fc.record({
			name: fc.oneof(
				fc.constantFrom('manifest.json', 'blobs/', '../blobs/sha256/x', 'a'.repeat(300), './ü'),
				fc.string({minLength: 1, maxLength: 90}).filter(name => !name.includes('\0')),
			),
			data: fc.uint8Array({maxLength: 1100}),
		});
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.uint8Array({minLength: 0, maxLength: 2000}), {minLength: 1, maxLength: 4}),
				fc.array(noise, {maxLength: 4}),
				fc.boolean(),
				fc.constantFrom('', './'),
				async (blobs, others, isEnded, prefix) => {
					const entries = [...others, ...blobs.map(blobEntry), indexEntry()];
					const named = entries.map(entry => ({...entry, name: `${prefix}${entry.name}`}));
					const source = await sourceOf(tarOf(named, {isEnded}));

					const held = await source.holds(blobs.map(sought), {signal});
					const read = await Promise.all(blobs.map(blob => bytesOf(source.stream(sought(blob), {signal}))));
					await source.close();

					expect([...held].sort()).toEqual([...new Set(blobs.map(digestOf))].sort());
					expect(read.every((bytes, at) => bytes.equals(blobs[at]!))).toBe(true);
				},
			),
			{numRuns: 60},
		);
	});

	it('that is cut off anywhere says so, or still has what it says that it holds', async () => {
		const whole = tarOf([blobEntry(layer), blobEntry(Buffer.alloc(1500, 1)), indexEntry()]);
		await fc.assert(
			fc.asyncProperty(fc.integer({min: 1, max: whole.length}), async length => {
				const source = await sourceOf(whole.subarray(0, length));
				const held = await source.holds([sought(layer)], {signal}).catch(error => error.code);
				if (held !== 'source.unreadable') {
					expect(held).toEqual(new Set([digestOf(layer)]));
					expect(await bytesOf(source.stream(sought(layer), {signal}))).toEqual(layer);
				}

				await source.close();
			}),
			{numRuns: 60},
		);
		expect(await complaintOf(whole.subarray(0, 1024 + 512 + 700))).toMatch(/it is cut off in "blobs.*", after 1 files/);
	});

	it('takes no link, no device and no name that climbs for a blob', async () => {
		const elsewhere = path.join(folder, 'secret');
		await writeFile(elsewhere, layer);
		const source = await sourceOf(
			tarOf([
				{name: fileOf(layer), type: '2', link: elsewhere},
				{name: fileOf(layer), type: '1', link: elsewhere},
				{name: fileOf(layer), type: '3'},
				{name: `/${fileOf(layer)}`, data: layer},
				{name: `x/../${fileOf(layer)}`, data: layer},
				{name: `blobs/sha256/../../${fileOf(layer)}`, data: layer},
				indexEntry(),
			]),
		);

		expect(await source.holds([sought(layer)], {signal})).toEqual(new Set());
		await expect(bytesOf(source.stream(sought(layer), {signal}))).rejects.toThrow(/does not deliver/);
		await source.close();
	});

	it('names what else a file is', async () => {
		expect(await complaintOf(Buffer.from('1f8b0800'.padEnd(2000, '0'), 'hex'))).toMatch(
			/^source.unreadable: .*it is a compressed file: unpack it to a plain tar archive first/,
		);
		expect(await complaintOf(Buffer.alloc(1024, 'text '))).toContain('it is not a tar archive');
		expect(await complaintOf(tarOf([{name: 'manifest.json', data: Buffer.from('[]')}]))).toContain(
			'it is a docker archive without index.json',
		);
		expect(await complaintOf(tarOf([{name: 'README', data: layer}]))).toContain('no index.json that can be read');
		expect(await complaintOf(Buffer.alloc(0))).toContain('no index.json that can be read');
		expect(await complaintOf(tarOf([{name: fileOf(layer), type: 'S'}, indexEntry()]))).toContain('a file with holes');
		expect(await complaintOf(tarOf([{name: 'pax', type: 'x', claims: 2 ** 31}]))).toContain('more than 1 MiB');
		expect(await complaintOf(tarOf([{name: 'pax', type: 'x', data: Buffer.from('9 nonsense')}]))).toContain(
			'pax records that are not valid',
		);
	});

	it('is asked for its tags as a folder is; the whole name counts before the tag alone', async () => {
		const [one, other] = [digestOf(Buffer.from('1')), digestOf(Buffer.from('2'))];
		const refName = 'org.opencontainers.image.ref.name';
		const entries = [
			// As `docker save` names two images with the same tag.
			{digest: one, annotations: {[refName]: 'latest', 'io.containerd.image.name': 'registry.example/acme/app:latest'}},
			{digest: other, annotations: {[refName]: 'latest', 'io.containerd.image.name': 'docker.io/acme/other:latest'}},
			{digest: other, annotations: {[refName]: 'acme/tool:1'}},
		];
		const inFolder = await mkdtemp(path.join(folder, 'layout-'));
		await mkdir(path.join(inFolder, 'blobs'));
		await writeFile(path.join(inFolder, 'index.json'), indexEntry(...entries).data!);

		for (const source of [
			await sourceOf(tarOf([indexEntry(...entries)])),
			createLayoutSource({name: 'shelf', place: inFolder}),
		]) {
			expect(await source.tag('acme/app', 'latest', {signal})).toEqual({
				digest: one,
				setBy: expect.stringMatching(/^20.*Z$/),
			});
			expect(await source.tag('acme/other', 'latest', {signal})).toMatchObject({digest: other});
			expect(await source.tag('acme/tool', '1', {signal})).toMatchObject({digest: other});
			expect(await source.tag('acme/third', 'latest', {signal})).toBeUndefined();
			expect(await source.check({signal})).toMatch(/is an OCI layout in a (?:folder|tar archive) with 3 images$/);
			await source.close();
		}
	});
});
