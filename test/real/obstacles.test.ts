import {execFileSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readFile, rename, rm, symlink, utimes, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {createRegistry} from '../../src/adapters/registry/registry.ts';
import {createLocalShell} from '../../src/adapters/ssh/local.ts';
import {createOpenSshShell} from '../../src/adapters/ssh/openssh/openssh.ts';
import {createSsh2Shell} from '../../src/adapters/ssh/ssh2/ssh2.ts';
import {createStorage} from '../../src/adapters/storage/storage.ts';
import {asOperatorError} from '../../src/domain/errors.ts';
import type {Digest} from '../../src/domain/image/digest.ts';
import type {Finding, Scan} from '../../src/domain/storage/findings/finding.ts';
import {type BuiltImage, buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import type {Shell} from '../../src/engine/ports/shell.ts';
import {scanStore} from '../../src/engine/scan/scan-store.ts';
import {walkImage} from '../../src/engine/verify/walk-image.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {createNonces} from '../support/nonces.ts';
import {processes} from '../support/processes.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {startSshd} from '../support/sshd.ts';

const signal = AbortSignal.timeout(60_000);
const nonce = createNonces();
const isRoot = process.getuid?.() === 0;

/** What stands in the place of a file. */
const stands: Record<string, (file: string) => Promise<unknown>> = {
	folder: file => mkdir(file),
	pipe: async file => execFileSync('mkfifo', [file]),
	async socket(file) {
		const server = createServer();
		await once(server.listen(path.join(path.parse(file).root, 'tmp', `regmedic-${process.pid}.socket`)), 'listening');
		await rename(server.address() as string, file);
		server.close();
	},
	...(isRoot ? {device: async (file: string) => execFileSync('mknod', [file, 'c', '1', '3'])} : {}),
	circle: file => symlink(path.basename(file), file),
	nothing: file => symlink('/nowhere/at/all', file),
	'a file above': async file => {
		await rm(path.dirname(file), {recursive: true});
		await writeFile(path.dirname(file), 'x');
	},
	elsewhere: async file => {
		await symlink(`${path.basename(file)}.moved`, file);
	},
};

/**
 * What the scan calls it, and what registry 2.8 answers. A pipe hangs the registry, so it is not asked; `-` is no finding.
 * A blob with something special for its data is served as 0 bytes.
 */
const expected: Record<string, Record<string, string>> = {
	tag: {
		folder: 'link-malformed 500',
		pipe: 'link-malformed',
		socket: 'link-malformed 500',
		device: 'link-malformed 500',
		circle: 'link-malformed 500',
		nothing: 'tag-dangling 404',
		'a file above': 'link-malformed 500',
		elsewhere: '- 200',
	},
	revision: {
		folder: 'link-malformed 500',
		pipe: 'link-malformed',
		socket: 'link-malformed 500',
		device: 'link-malformed 500',
		circle: 'link-malformed 500',
		nothing: 'tag-dangling 404',
		'a file above': 'link-malformed 500',
		elsewhere: '- 200',
	},
	layer: {
		folder: 'link-malformed 500',
		pipe: 'link-malformed',
		socket: 'link-malformed 500',
		device: 'link-malformed 500',
		circle: 'link-malformed 500',
		nothing: 'layer-unlinked 404',
		'a file above': 'link-malformed 500',
		elsewhere: '- 206',
	},
	data: {
		folder: 'layer-missing 404',
		pipe: 'blob-empty 206',
		socket: 'blob-empty 206',
		device: 'blob-empty 206',
		circle: 'layer-missing 500',
		nothing: 'layer-missing 404',
		'a file above': 'layer-missing 500',
		elsewhere: '- 206',
	},
	manifest: {
		folder: 'tag-dangling 404',
		pipe: 'manifest-unreadable',
		socket: 'manifest-unreadable 500',
		device: 'manifest-unreadable 500',
		circle: 'manifest-unreadable 500',
		nothing: 'tag-dangling 404',
		'a file above': 'manifest-unreadable 500',
		elsewhere: '- 200',
	},
};

const cases = Object.entries(expected).flatMap(([where, byKind]) =>
	Object.keys(stands).map(kind => {
		const [fault, status] = byKind[kind]!.split(' ');
		return {where, kind, fault, status, name: `${where}-${kind.replaceAll(' ', '-')}`};
	}),
);

describeReal('something else in the place of a registry’s file', ['docker-registry', 'sshd', 'ssh'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let store: Store;
	let registry: RealRegistry;
	let scans: Record<string, Scan>;
	const layers = new Map<string, Digest>();
	const closing: (() => Promise<unknown>)[] = [];

	beforeAll(async () => {
		temporary = await temporaryFolder();
		const {folder} = temporary;
		store = openStore(path.join(folder, 'store'));
		for (const {where, kind, name} of cases) {
			const image = single(name);
			layers.set(name, image.blobs[1]!.digest);
			await store.push(name, 'v1', image);
			await replace(fileOf(name, where, image), kind);
		}

		registry = await startDockerRegistry({root: store.root, folder});
		const sshd = await startSshd({folder});
		const {alias, configFile, host, port, user, identityFile, knownHostsFile} = sshd;
		const shells: Record<string, Shell> = {
			local: createLocalShell({processes, nonce}),
			openssh: createOpenSshShell({
				destination: alias,
				configFile,
				controlFolder: path.join(folder, 'c'),
				environment: process.env,
				nonce,
				processes,
			}),
			ssh2: createSsh2Shell({
				target: {host, port, user, identityFiles: [identityFile], knownHostsFiles: [knownHostsFile]},
				place: 'vm',
				nonce,
			}),
		};
		scans = Object.fromEntries(
			await Promise.all(
				Object.entries(shells).map(async ([name, shell]) => {
					const storage = createStorage({shell, root: store.root});
					return [name, (await scanStore(storage, {role: 'authoritative', signal})).scan] as const;
				}),
			),
		);
		closing.push(() => registry.stop(), sshd.stop, ...Object.values(shells).map(shell => () => shell.close()));
	});

	afterAll(async () => {
		await Promise.all(closing.map(close => close()));
		await temporary[Symbol.asyncDispose]();
	});

	/** One manifest, one layer, no index. */
	function single(seed: string): BuiltImage {
		const {manifests, blobs} = buildImage({seed, platforms: ['linux/amd64'], attestations: false, layers: 1});
		return {index: manifests[0]!, manifests: [], blobs};
	}

	function fileOf(name: string, where: string, {index, blobs}: BuiltImage): string {
		const files: Record<string, string> = {
			tag: path.join(store.tagFolder(name, 'v1'), 'current/link'),
			revision: store.revisionLink(name, index.digest),
			layer: store.layerLink(name, blobs[1]!.digest),
			data: store.blobFile(blobs[1]!.digest),
			manifest: store.blobFile(index.digest),
		};
		return files[where]!;
	}

	async function replace(file: string, kind: string): Promise<void> {
		const long = new Date('2026-01-01T00:00:00Z');
		const bytes = await readFile(file);
		await rm(file);
		if (kind === 'elsewhere') {
			await writeFile(`${file}.moved`, bytes);
		}

		await stands[kind]!(file);
		await utimes(path.dirname(file), long, long);
	}

	const findingsOf = (name: string, scan = scans.local!): Finding[] =>
		scan.findings.filter(({repository}) => repository === name);

	it('is found alike over every shell, and leaves no gap', () => {
		for (const [shell, scan] of Object.entries(scans)) {
			expect([shell, scan.complete, scan.gaps]).toEqual([shell, true, []]);
			expect(scan.findings, shell).toEqual(scans.local!.findings);
		}
	});

	it.each(cases)('$where, $kind: the scan says $fault, and what has to be moved aside', ({name, fault, kind}) => {
		const findings = findingsOf(name);

		expect(findings.map(finding => finding.kind)).toEqual(fault === '-' ? [] : [fault]);
		for (const {tags, detail, aside} of findings) {
			expect(tags).toEqual(['v1']);
			expect(detail).toContain('in the place of');
			expect(aside).toMatchObject([{is: kind === 'a file above' ? 'file' : kind}]);
		}
	});

	it.concurrent.each(cases.filter(({status}) => status !== undefined))(
		'$where, $kind: the registry answers $status, and verify does not contradict the scan',
		async ({where, name, status}) => {
			const isBlob = where === 'layer' || where === 'data';
			const answer = await fetch(
				`http://${registry.host}/v2/${name}/${isBlob ? `blobs/${layers.get(name)}` : 'manifests/v1'}`,
				{headers: isBlob ? {Range: 'bytes=-1'} : {Accept: 'application/vnd.oci.image.manifest.v1+json'}, signal},
			);
			await answer.arrayBuffer().catch(() => undefined);
			const client = createRegistry({
				host: registry.host,
				url: `http://${registry.host}`,
				clock: systemClock,
				credentials: async () => undefined,
			});
			const verdict = await walkImage(
				client,
				{host: registry.host, repository: name, tag: 'v1'},
				{depth: 'edge', signal},
			)
				.then(check => check.verdict)
				.catch(error => asOperatorError(error).code)
				.finally(() => client.close());

			expect(`${answer.status}`).toBe(status);
			expect(verdict === 'intact').toBe(findingsOf(name).length === 0);
		},
	);
});
