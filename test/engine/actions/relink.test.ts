import {expect, test} from 'vitest';
import {OperatorError} from '../../../src/domain/errors.ts';
import type {Digest} from '../../../src/domain/image/digest.ts';
import {sayChange} from '../../../src/domain/incident/change.ts';
import {toJsonObject} from '../../../src/domain/json.ts';
import type {PathState} from '../../../src/domain/storage/listing/listing.ts';
import {blobData, currentLink, layerLink, revisionLink} from '../../../src/domain/storage/listing/paths.ts';
import {registryRelink} from '../../../src/engine/actions/registry-relink.ts';
import type {MountAnswer, PutAnswer} from '../../../src/engine/ports/registry.ts';
import {
	contextWith,
	digestOf,
	fakeRegistry,
	fakeStorage,
	host,
	image,
	lostReply,
	smallManifest,
} from '../../support/fake-ports.ts';
import {hostNow, process} from '../../support/host-now.ts';

const repository = 'infra-ci';
const child = smallManifest('child');
const layer = {digest: digestOf(Buffer.from('layer')), bytes: Buffer.from('layer')};
const config = {digest: digestOf(Buffer.from('config')), bytes: Buffer.from('config')};
const finding = {
	kind: 'link-malformed',
	repository,
	tags: ['latest'],
	via: [],
	missing: [],
	remedy: 'relink',
	detail: '',
	plan: {
		complete: true,
		parts: [
			{digest: config.digest, role: 'config', where: 'disk', size: config.bytes.length},
			{digest: layer.digest, role: 'layer', where: 'elsewhere', from: 'acme/base', size: layer.bytes.length},
			{digest: child.digest, role: 'manifest', where: 'disk', size: child.bytes.length},
		],
		retag: ['latest'],
	},
};
const inputs = (...findings: object[]) => registryRelink.parse(toJsonObject({image, findings}));

/** A registry and its disk, so far as a relink sees them. What a write links is on the disk and is served. */
function world({mounts = true, forgetful = false}: {mounts?: boolean; forgetful?: boolean} = {}) {
	const registry = fakeRegistry();
	const done: string[] = [];
	const links = new Set<string>();
	const served = new Set<Digest>();
	const store = (digest: Digest, what: string): PutAnswer => {
		done.push(what);
		links.add(layerLink(repository, digest));
		if (!forgetful) {
			served.add(digest);
		}

		return {state: 'stored', digest, status: 201};
	};

	registry.blob = async (_, {digest}) =>
		served.has(digest) ? {state: 'present', status: 206} : {state: 'missing', status: 404, detail: 'blob unknown'};
	registry.mountBlob = async (_, digest, from): Promise<MountAnswer> => {
		if (mounts) {
			return store(digest, `mount ${from}`);
		}

		done.push(`not mounted ${from}`);
		return {state: 'not-mounted', status: 202};
	};
	registry.uploadBlob = async (_, {digest}, bytes) => {
		const sent: Uint8Array[] = [];
		for await (const chunk of bytes) {
			sent.push(chunk);
		}

		expect(digestOf(Buffer.concat(sent))).toBe(digest);
		return store(digest, 'upload');
	};
	registry.onPut = reference => {
		done.push(`put ${reference === child.digest ? 'child' : reference}`);
		links.add(reference === child.digest ? revisionLink(repository, child.digest) : currentLink(repository, reference));
	};
	const data = new Map([child, layer, config].map(({digest, bytes}) => [blobData(digest), bytes.length]));
	const state = (path: string): PathState => {
		const size = links.has(path) ? 71 : data.get(path);
		return size === undefined ? {state: 'gone'} : {state: 'there', size, changed: 0};
	};
	const looks: string[][] = [];
	const host = {now: hostNow()};
	const storage = fakeStorage([child], {
		hostNow: async () => host.now,
		async recheck(paths) {
			looks.push([...paths]);
			return new Map(paths.map(path => [path, state(path)]));
		},
		async *streamBlob({digest}) {
			yield [layer, config].find(blob => blob.digest === digest)!.bytes;
		},
	});
	// The tag's link is there, and holds no digest.
	links.add(currentLink(repository, 'latest'));
	return {registry, storage, links, data, looks, host, served, done, context: contextWith({registry, storage})};
}

test('the gate shows every request, and its phrase counts the parts', async () => {
	const gate = await registryRelink.gate!(inputs(finding), world().context);

	expect(gate).toMatchObject({
		target: `${host}/${repository}`,
		phrase: 'relink 1 manifest, 1 config, 1 layer and 1 tag',
	});
	expect(gate.changes.flatMap(sayChange)).toEqual([
		expect.stringMatching(/^PUT \/v2\/infra-ci\/blobs\/uploads\/….*an upload of 6 bytes/),
		expect.stringContaining(`POST /v2/infra-ci/blobs/uploads/?mount=${layer.digest}&from=acme/base`),
		expect.stringContaining(`PUT /v2/infra-ci/manifests/${child.digest}`),
		expect.stringContaining('PUT /v2/infra-ci/manifests/latest'),
	]);
});

test('the whole plan is carried out, leaves first, and each step is journaled with its digest', async () => {
	const {context, done, storage} = world();

	const result = await registryRelink.run(inputs(finding), context);

	expect(result).toMatchObject({
		outcome: 'relinked',
		output: {relinked: [config.digest, layer.digest, child.digest, 'latest']},
		say: '1 manifest, 1 config, 1 layer and 1 tag relinked.',
	});
	expect(done).toEqual(['upload', 'mount acme/base', 'put child', 'put latest']);
	expect(context.records.map(({name, detail}) => [name, detail.kind, detail.digest])).toEqual([
		['relinked', 'upload-blob', config.digest],
		['relinked', 'mount-blob', layer.digest],
		['relinked', 'put-manifest', child.digest],
		['relinked', 'restore-tag', child.digest],
	]);
	expect(storage.locks.at(-1)).toBe('released');
	expect(await registryRelink.reconcile!(inputs(finding), context)).toMatchObject({kind: 'done'});

	await registryRelink.run(inputs(finding), context);
	expect(done).toHaveLength(4);
});

test('a blob that cannot be mounted is uploaded, and journaled as an upload', async () => {
	const {context, done} = world({mounts: false});

	expect(await registryRelink.run(inputs(finding), context)).toMatchObject({outcome: 'relinked'});
	expect(done).toEqual(['upload', 'not mounted acme/base', 'upload', 'put child', 'put latest']);
	expect(context.records.map(({detail}) => detail.kind)).toEqual([
		'upload-blob',
		'upload-blob',
		'put-manifest',
		'restore-tag',
	]);
});

test('what was stored is read back over new connections, and in one command from the disk', async () => {
	const {context, registry, looks, links} = world();
	let fresh = 0;
	const asked: string[] = [];
	registry.fresh = () => {
		fresh++;
		return {
			...registry,
			blob(name, blob, ...rest) {
				asked.push(blob.digest);
				return registry.blob(name, blob, ...rest);
			},
			manifest(name, reference, ...rest) {
				asked.push(reference);
				return registry.manifest(name, reference, ...rest);
			},
		};
	};

	await registryRelink.run(inputs(finding), context);

	expect([fresh, asked]).toEqual([1, [config.digest, layer.digest, child.digest, 'latest']]);
	expect(looks).toHaveLength(2);
	expect(looks[1]).toEqual([
		layerLink(repository, config.digest),
		blobData(config.digest),
		layerLink(repository, layer.digest),
		blobData(layer.digest),
		revisionLink(repository, child.digest),
		blobData(child.digest),
		currentLink(repository, 'latest'),
	]);
	expect([...links].every(link => looks[1]!.includes(link))).toBe(true);
});

test.each<[string, (here: ReturnType<typeof world>) => void, string]>([
	['link', ({links}) => links.delete(layerLink(repository, layer.digest)), layerLink(repository, layer.digest)],
	['data', ({data}) => data.delete(blobData(layer.digest)), blobData(layer.digest)],
	['data of its size', ({data}) => data.set(blobData(layer.digest), 1), blobData(layer.digest)],
])('a blob that is served and has no %s on the disk is not called relinked', async (_, lose, path) => {
	const here = world();
	const {registry, context} = here;
	registry.fresh = () => {
		lose(here);
		return registry;
	};

	expect(await registryRelink.run(inputs(finding), context)).toMatchObject({
		outcome: 'rejected',
		output: {relinked: [config.digest, child.digest, 'latest']},
		say: expect.stringMatching(`^3 of 4 were relinked\\. The registry serves .*${path}`),
	});
});

test('where the disk cannot be read afterwards, it is not known whether anything was stored', async () => {
	const {context, registry, storage} = world();
	const {recheck} = storage;
	registry.fresh = () => {
		storage.recheck = async paths => new Map(paths.map(path => [path, {state: 'unread' as const}]));
		return registry;
	};

	await expect(registryRelink.run(inputs(finding), context)).rejects.toMatchObject({
		code: 'effect.unknown',
		message: expect.stringContaining('could not be read back'),
	});
	storage.recheck = recheck;
	expect(await registryRelink.reconcile!(inputs(finding), context)).toMatchObject({kind: 'done'});
});

test('a blob that is only served from memory is linked all the same', async () => {
	const {context, done, served} = world();
	served.add(layer.digest);

	expect(await registryRelink.reconcile!(inputs(finding), context)).toMatchObject({
		kind: 'not-done',
		say: 'The registry serves 0 of 4.',
	});
	await registryRelink.run(inputs(finding), context);
	expect(done).toContain('mount acme/base');
});

test('a blob that the registry stores and does not serve is a failure, and stops the relink', async () => {
	const {context, done} = world({forgetful: true});

	expect(await registryRelink.run(inputs(finding), context)).toMatchObject({
		outcome: 'rejected',
		output: {relinked: []},
		say: expect.stringMatching(/does not serve it.*Restart/),
	});
	expect(done).toEqual(['upload']);
	expect(context.records).toEqual([]);
});

test.each([
	['has moved to another image', 'has moved'],
	['is gone', 'was removed'],
])('a tag that %s since the scan is not changed', async (_, word) => {
	const {context, done, registry, links} = world();
	if (word === 'has moved') {
		registry.served.set('latest', smallManifest('newer'));
	} else {
		links.delete(currentLink(repository, 'latest'));
	}

	expect(await registryRelink.run(inputs(finding), context)).toMatchObject({
		outcome: 'rejected',
		say: expect.stringContaining(word),
	});
	expect(done).not.toContain('put latest');
});

test('findings of other repositories are not touched', async () => {
	const {context} = world();

	await expect(registryRelink.gate!(inputs({...finding, repository: 'acme/other'}), context)).rejects.toMatchObject({
		code: 'relink.nothing',
	});
});

test('damaged bytes are rejected with the reason; missing bytes end as gone', async () => {
	const {context, registry, storage} = world();
	const damaged = new OperatorError('blob.wrong-digest', 'These are other bytes.', {hint: 'Rebuild.', exit: 'failed'});
	registry.uploadBlob = () => Promise.reject(damaged);
	expect(await registryRelink.run(inputs(finding), context)).toMatchObject({
		outcome: 'rejected',
		say: 'These are other bytes. Rebuild.',
	});

	const gone = new OperatorError('storage.blob-gone', 'Gone.', {hint: 'Scan.', exit: 'failed'});
	registry.uploadBlob = () => Promise.reject(gone);
	const error = await registryRelink.run(inputs(finding), context).catch(each => each);
	expect(registryRelink.outcomeOf!(error)).toBe('gone');
	expect(storage.locks.at(-1)).toBe('released');
});

test('a lost reply leaves the outcome unknown, and it is looked up', async () => {
	const {context, registry, links, served} = world();
	registry.mountBlob = async (_, digest) => {
		links.add(layerLink(repository, digest));
		served.add(digest);
		throw lostReply();
	};

	await expect(registryRelink.run(inputs(finding), context)).rejects.toMatchObject({code: 'effect.unknown'});
	expect(await registryRelink.reconcile!(inputs(finding), context)).toMatchObject({
		kind: 'not-done',
		say: 'The registry serves 2 of 4.',
	});
});

test('links that could not be read do not count as present', async () => {
	const {context, registry, storage} = world();
	await registryRelink.run(inputs(finding), context);
	const blind = contextWith({
		registry,
		storage: {...storage, recheck: async paths => new Map(paths.map(path => [path, {state: 'unread' as const}]))},
	});

	expect(await registryRelink.reconcile!(inputs(finding), blind)).toMatchObject({kind: 'unknown'});
});

const collecting = hostNow({
	processes: [process(['registry', 'garbage-collect', '/c.yml'], {pid: 812, store: 'same'})],
});
const stamp = {outcome: 'disturbed', problem: {code: 'storage.cleaned'}};

test('what was deleted since the scan opens no gate, and ends its item of a plan untouched', async () => {
	const {context, data, done} = world();
	data.delete(blobData(layer.digest));

	await expect(registryRelink.gate!(inputs(finding), context)).rejects.toMatchObject({code: 'relink.gone'});
	expect(await registryRelink.precondition!(inputs(finding), context)).toMatchObject({
		kind: 'changed',
		say: expect.stringContaining('no longer on the disk'),
	});
	expect(done).toEqual([]);
});

test('a collection that begins between two PUTs stops the rest, where the look is not too dear', async () => {
	const {context, host, registry, done} = world();
	const {onPut} = registry;
	registry.onPut = reference => {
		onPut(reference);
		host.now = collecting;
		void context.ports.clock.sleep(20_000, {signal: context.signal});
	};

	expect(await registryRelink.run(inputs(finding), context)).toMatchObject({
		...stamp,
		output: {relinked: [config.digest, layer.digest, child.digest]},
		say: '3 of 4 were relinked. This began meanwhile, and works on the store: registry garbage-collect /c.yml (process 812).',
	});
	expect(done.at(-1)).toBe('put child');
});

test('one that runs at the end may not have seen the links: nothing is called relinked', async () => {
	const {context, host, registry} = world();
	const {onPut} = registry;
	registry.onPut = reference => {
		onPut(reference);
		host.now = collecting;
	};

	expect(await registryRelink.run(inputs(finding), context)).toMatchObject({
		...stamp,
		say: expect.stringMatching(/^4 of 4/),
	});
});

test('one that came and went is seen by what the disk lacks, also of what was whole before', async () => {
	const whole = {digest: digestOf(Buffer.from('whole')), role: 'layer', where: 'linked', size: 5};
	const more = {...finding, plan: {...finding.plan, parts: [whole, ...finding.plan.parts]}};
	const {context, registry, data} = world();
	data.set(blobData(whole.digest), whole.size);
	registry.fresh = () => {
		data.delete(blobData(whole.digest));
		return registry;
	};

	expect(await registryRelink.run(inputs(more), context)).toMatchObject({
		...stamp,
		problem: {
			message: `The disk has lost what the image needs since the scan: ${whole.digest.slice(0, 19)}.`,
		},
	});
});
