import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {chmod, mkdir, readFile, symlink, utimes, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {beforeEach, describe, expect, it} from 'vitest';
import {createLocalShell} from '../../../../src/adapters/ssh/local.ts';
import {maintenanceIn} from '../../../../src/adapters/storage/host/maintenance.ts';
import {printMaintenance} from '../../../../src/adapters/storage/host/maintenance-script.ts';
import {createStorage} from '../../../../src/adapters/storage/storage.ts';
import {assessMaintenance} from '../../../../src/domain/audit/audit.ts';
import {parseDryRun} from '../../../../src/domain/audit/collection-dry-run.ts';
import {descriptorCacheIn} from '../../../../src/domain/audit/registries/serving-store.ts';
import {createNonces} from '../../../support/nonces.ts';
import {processes} from '../../../support/processes.ts';
import {locate} from '../../../support/real.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';
import {treeManifest} from '../../../support/tree-manifest.ts';

const signal = AbortSignal.timeout(20_000);
const nonce = createNonces();

let host: string;
let root: string;

beforeEach(async () => {
	host = await createTempFolder();
	root = path.join(host, 'opt/registry/data');
	await mkdir(path.join(root, 'docker/registry/v2/repositories/acme'), {recursive: true});
});

async function put(name: string, text: string): Promise<void> {
	const file = path.join(host, name);
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, text);
}

/** Puts programs before the real ones. @returns the PATH */
async function hostWith(programs: Record<string, string>): Promise<string> {
	for (const [name, text] of Object.entries(programs)) {
		await put(`bin/${name}`, `#!/bin/sh\n${text}`);
		await chmod(path.join(host, 'bin', name), 0o755);
	}

	return `${host}/bin:${process.env.PATH}`;
}

const ofCopy = (PATH = process.env.PATH) =>
	createStorage({shell: createLocalShell({processes, nonce, environment: {PATH}}), root, hostRoot: host}).maintenance({
		signal,
	});
const ofHost = (PATH: string) =>
	createStorage({shell: createLocalShell({processes, nonce, environment: {PATH}}), root}).maintenance({signal});

async function fillHost(): Promise<void> {
	await put('etc/crontab', '25 3 * * 0 root docker exec r registry garbage-collect -m /c.yml\n');
	await put(
		'etc/cron.d/clean',
		'0 2 * * * root /opt/registry/clean.sh --keep 10 >/dev/null\n0 1 * * * root cd /opt/registry && ./gc.sh\n',
	);
	await put('opt/registry/clean.sh', '#!/bin/sh\n. /opt/registry/lib/tags\nprune\n');
	await put('opt/registry/lib/tags', 'prune() { rm -rf "$repo/_manifests/tags/$1"; }\n');
	await put('opt/registry/gc.sh', 'registry garbage-collect -m /c.yml\n');
	await put('opt/other/gc.sh', 'registry garbage-collect -m /nobody/starts/this.yml\n');
	await put('etc/cron.weekly/gc', '#!/bin/sh\nregistry garbage-collect --delete-untagged /c.yml\n');
	await put('var/spool/cron/crontabs/ops', '@daily /usr/local/sbin/gc\n');
	await put('usr/local/sbin/gc', '\u007fELF\0garbage-collect -m');
	await put(
		'etc/systemd/system/gc.service',
		'[Service]\nExecStart=/usr/bin/docker exec r registry garbage-collect -m /c.yml\n',
	);
	await put('usr/lib/systemd/system/other.service', '[Service]\nExecStart=/srv/gc\n');
	await put('srv/gc', '#!/bin/sh\nregistry garbage-collect -m /c.yml\n');
	await put('etc/containers/systemd/r.container', '[Container]\nImage=registry:2\n');
	await put('opt/registry/docker-compose.yml', 'services:\n  r:\n    image: registry:2.8.3\n');
	await put('opt/registry/nginx/conf.d/r.conf', 'server { location /v2/ { proxy_pass http://private:5000; } }\n');
	await put(
		'etc/docker/registry/config.yml',
		'storage:\n  filesystem: {rootdirectory: /d}\n  cache: {blobdescriptor: inmemory}\n',
	);
}

const everything = [
	'compose /opt/registry/docker-compose.yml',
	'configuration /etc/docker/registry/config.yml',
	'crontab /etc/cron.d/clean',
	'crontab /etc/crontab',
	'nginx /opt/registry/nginx/conf.d/r.conf',
	'quadlet /etc/containers/systemd/r.container',
	'script /etc/cron.weekly/gc',
	'script /opt/registry/gc.sh',
	'script /opt/registry/lib/tags',
	'script /srv/gc',
	'unit /etc/systemd/system/gc.service',
];

describe('reading a host’s maintenance', () => {
	it('finds crontabs, units, quadlets, compose files, and the scripts they start, two levels deep; and writes nothing', async () => {
		await fillHost();
		const before = treeManifest(host);

		const maintenance = await ofCopy();

		expect(maintenance.files.map(({kind, path: file}) => `${kind} ${file}`).sort()).toEqual(everything);
		expect(maintenance.gaps).toEqual(['processes and containers: this is a copy of a host, not the host']);
		expect(maintenance).toMatchObject({
			holdsRepositories: true,
			staleUploads: {count: 0, kib: 0},
			disk: {free: expect.any(Number)},
		});
		expect(
			assessMaintenance(maintenance)
				.risks.filter(({severity}) => severity === 'will-break')
				.map(({file, at}) => `${file}:${at}`)
				.sort(),
		).toEqual([
			'/etc/cron.weekly/gc:2',
			'/etc/crontab:1',
			'/etc/systemd/system/gc.service:2',
			'/opt/registry/gc.sh:1',
			'/srv/gc:2',
		]);
		expect(treeManifest(host)).toEqual(before);
	});

	it.skipIf(locate('busybox') === undefined)('is the same with nothing but busybox', async () => {
		await fillHost();
		const bin = path.join(host, 'busybox');
		await mkdir(bin);
		for (const name of [
			'sh',
			'dd',
			'grep',
			'sed',
			'tr',
			'head',
			'tail',
			'sort',
			'wc',
			'cat',
			'find',
			'du',
			'awk',
			'df',
			'ls',
			'timeout',
			'readlink',
		]) {
			await symlink(locate('busybox')!, path.join(bin, name));
		}

		const maintenance = await ofCopy(bin);

		expect(maintenance.files.map(({kind, path: file}) => `${kind} ${file}`).sort()).toEqual(everything);
		expect(maintenance.disk).toMatchObject({
			mountedOn: (await ofCopy()).disk!.mountedOn,
			size: (await ofCopy()).disk!.size,
		});
	});

	it('with a folder that plays /, neither this machine nor the surroundings of the store are read', async () => {
		await fillHost();
		const elsewhere = await createTempFolder();
		root = path.join(elsewhere, 'registry/data');
		await mkdir(path.join(root, 'docker/registry/v2/repositories/acme'), {recursive: true});
		await writeFile(path.join(elsewhere, 'registry/docker-compose.yml'), 'services: {r: {image: registry:2}}\n');
		await writeFile(path.join(elsewhere, 'registry/config.yml'), 'storage: {filesystem: {rootdirectory: /d}}\n');
		const asked = path.join(host, 'asked');
		const tellers = ['crontab', 'docker', 'podman', 'ps', 'df', 'systemctl', 'readlink', 'registry'];
		const PATH = await hostWith(Object.fromEntries(tellers.map(name => [name, `echo ${name} >>'${asked}'`])));

		const ofFolder = await ofCopy(PATH);
		const askedBeside = await readFile(asked, 'utf8').catch(() => '');
		const ofMachine = await ofHost(PATH);

		expect(ofFolder.files.map(({kind, path: file}) => `${kind} ${file}`).sort()).toEqual(
			everything.filter(each => !each.startsWith('nginx')),
		);
		expect(ofFolder).toMatchObject({holdsRepositories: true, running: []});
		expect(ofFolder.disk).toBeUndefined();
		expect(askedBeside).toBe('');
		// Without the folder both are read.
		expect(ofMachine.files.map(({path: file}) => file)).toContain(path.join(elsewhere, 'registry/docker-compose.yml'));
		expect((await readFile(asked, 'utf8')).split('\n')).toEqual(
			expect.arrayContaining(['crontab', 'docker', 'ps', 'df']),
		);
	});

	it.each(['', 'host', '/ho\nst'])('%j cannot play /, because it could mean the machine itself', hostRoot => {
		const shell = createLocalShell({processes, nonce, environment: {PATH: process.env.PATH}});

		expect(() => createStorage({shell, root, hostRoot})).toThrow(expect.objectContaining({code: 'storage.root'}));
	});

	it('the script reads nothing when its input did not arrive whole', () => {
		for (const input of ['', `${root}\n`, `${root}\n${host}`]) {
			expect(spawnSync('sh', ['-c', printMaintenance], {input, encoding: 'utf8'})).toMatchObject({
				status: 1,
				stdout: '',
			});
		}
	});

	it('counts uploads that were idle for a week', async () => {
		const uploads = path.join(root, 'docker/registry/v2/repositories/acme/tool/_uploads');
		await mkdir(path.join(uploads, 'new'), {recursive: true});
		await mkdir(path.join(uploads, 'old'), {recursive: true});
		await writeFile(path.join(uploads, 'old/data'), Buffer.alloc(300_000));
		await utimes(path.join(uploads, 'old'), new Date('2020-01-01'), new Date('2020-01-01'));

		const {staleUploads} = await ofCopy();

		expect(staleUploads?.count).toBe(1);
		expect(staleUploads?.kib).toBeGreaterThan(250);
	});

	it('a pipe or a device in place of a schedule does not block the script', async () => {
		await fillHost();
		expect(spawnSync('mkfifo', [path.join(host, 'etc/cron.d/pipe'), path.join(host, 'srv/pipe')]).status).toBe(0);
		await symlink('/dev/zero', path.join(host, 'etc/systemd/system/endless.service'));
		await put('etc/anacrontab', '@daily /srv/pipe\n');

		const {files} = await ofCopy();

		expect(files.map(({kind, path: file}) => `${kind} ${file}`).sort()).toEqual(everything);
	});

	it('a store that cannot be entered is a gap', async () => {
		root = path.join(host, 'nowhere');

		expect((await ofCopy()).gaps).toContain(`the storage folder: ${root} cannot be entered`);
	});

	it('asks crontab and containers, and takes only settings from an environment full of secrets', async () => {
		await put('opt/elsewhere/compose.yml', 'services:\n  r:\n    image: registry:2\n');
		await put('opt/mounted.yml', 'storage: {cache: {blobdescriptor: redis}}\n');
		const PATH = await hostWith({
			crontab: `echo '# gc'; echo '0 3 * * 0 docker exec r registry garbage-collect -m /c.yml'`,
			docker: `case "$1 $*" in
ps*) echo 'abc registry:2'; echo 'def nginx:1.27'; echo 'ghi mirror.acme.example/library/registry:2.8.3' ;;
inspect*compose.service*abc) echo r ;;
inspect*Labels*abc) echo '${host}/opt/elsewhere/compose.yml' ;;
inspect*Env*abc) printf 'REGISTRY_HTTP_SECRET=hunter2\\nREGISTRY_STORAGE_S3_SECRETKEY=hunter2\\nREGISTRY_STORAGE_DELETE_ENABLED=true\\n' ;;
inspect*Mounts*abc) printf '${host}/opt/mounted.yml:/c.yml\\n${host}/d:/var/lib/registry\\n' ;;
inspect*Args*abc) printf 'serve\\n/c.yml\\n' ;;
inspect*Name*abc) echo /private ;;
inspect*Name*) echo /other ;;
inspect*.Image*abc) echo sha256:2a ;;
image*sha256:2a) echo '/entrypoint.sh /etc/docker/registry/config.yml' ;;
inspect*version*ghi) echo 'https://github.com/distribution/distribution 2.8.3' ;;
inspect*version*) echo 'https://example.com/base 22.04' ;;
exec*) echo ran >${host}/ran ;;
*) exit 1 ;;
esac`,
			podman: 'exit 1',
			ps: 'exit 0',
		});

		const maintenance = await ofHost(PATH);

		expect(maintenance.files).toContainEqual(expect.objectContaining({kind: 'crontab', path: 'crontab -l'}));
		expect(maintenance.files.map(({path: file}) => file)).toContain(`${host}/opt/elsewhere/compose.yml`);
		expect(maintenance.running).toEqual([
			{
				name: 'container docker-private',
				image: 'registry:2',
				version: 'image 2.x',
				names: ['private', 'r'],
				mounts: [`${host}/opt/mounted.yml:/c.yml`, `${host}/d:/var/lib/registry`],
				configuration: '/c.yml',
				environment: ['REGISTRY_STORAGE_DELETE_ENABLED=true'],
			},
			{
				name: 'container docker-other',
				image: 'mirror.acme.example/library/registry:2.8.3',
				version: 'label 2.8.3',
				names: ['other'],
				environment: [],
			},
		]);
		expect(descriptorCacheIn({...maintenance, root: `${host}/d`})).toMatchObject({
			kind: 'redis',
			source: {file: `${host}/opt/mounted.yml`, at: 1},
		});
		expect(maintenance.gaps).toContain('containers: "podman ps" fails for this user');
		expect(assessMaintenance(maintenance).risks.find(({file}) => file === 'crontab -l')).toMatchObject({
			severity: 'will-break',
			at: 2,
		});
		expect(JSON.stringify(maintenance)).not.toContain('hunter2');
		expect(existsSync(path.join(host, 'ran')), 'nothing runs inside a container').toBe(false);
	});
});

it('a process says when it was started in seconds, a container as a date', () => {
	const output = [
		'process 812\nregistry 2.8.2\nstarted 1776556800',
		'container docker-registry registry:2\n\nstarted 2026-04-19T00:00:00.123456789Z',
		'container docker-odd registry:2\n\nstarted 0001-01-01T00:00:00Z',
		'end',
	].join('\0');

	expect(maintenanceIn(output).running.map(({started}) => started && Math.floor(started))).toEqual([
		1_776_556_800,
		1_776_556_800,
		undefined,
	]);
});

it('output that was cut anywhere has a gap', () => {
	const whole = [
		'file crontab 9 /etc/crontab\n@daily x',
		'disk\n/dev/sda1 100 50 50 50% /my disk',
		'unread /var/spool/cron',
		'end',
		'',
	].join('\0');

	expect(maintenanceIn(whole)).toMatchObject({
		disk: {mountedOn: '/my disk', size: 100, free: 50},
		gaps: ['this user may not read /var/spool/cron'],
	});
	for (let length = 0; length < whole.length - 1; length++) {
		expect(maintenanceIn(whole.slice(0, length)).gaps).toContain('the output of the host ended before its last line');
	}
});

it('a dry run that fails is a report with the words of the host, without what it logs and its usage', async () => {
	const storage = createStorage({
		shell: createLocalShell({
			processes,
			nonce,
			environment: {
				PATH: await hostWith({
					registry: `echo 'time="1" level=info msg=begun' >&2; echo no such config >&2; printf 'Usage:\\n  registry' >&2; exit 1`,
				}),
			},
		}),
		root,
	});

	const report = await storage.dryRunCollection(parseDryRun('registry garbage-collect --dry-run -m /c.yml'), {signal});

	expect(report).toMatchObject({
		complete: false,
		failure: {code: 'audit.rehearsal-failed', message: expect.stringMatching(/exit 1: no such config$/)},
	});
});
