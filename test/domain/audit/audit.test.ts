import {describe, expect, it} from 'vitest';
import {assessMaintenance, auditVerdict} from '../../../src/domain/audit/audit.ts';
import type {Hazard} from '../../../src/domain/audit/hazard.ts';
import {evidence} from '../../../src/domain/audit/hazard.ts';
import {responseHazards} from '../../../src/domain/audit/hazards/registry-responses.ts';
import {lastProbe, probeHazards} from '../../../src/domain/audit/hazards/stale-probe.ts';
import type {Maintenance, MaintenanceFile} from '../../../src/domain/audit/maintenance.ts';
import {quietHost} from '../../support/fake-ports.ts';

type Kind = MaintenanceFile['kind'];

function risksOf(kind: Kind, text: string, more: Partial<Maintenance> = {}): Hazard[] {
	const file = {path: `/etc/${kind}`, kind, text, cut: false};
	return assessMaintenance({
		...quietHost,
		...more,
		files: [...quietHost.files, ...(more.files ?? []), file],
	}).risks.filter(risk => risk.file === file.path);
}

const said = (risks: Hazard[]) =>
	risks.map(({severity, kind, at}) => `${severity} ${kind}${at === undefined ? '' : `:${at}`}`);
const collecting = (kind: Kind, text: string) =>
	said(risksOf(kind, text)).filter(each => /removes-children|runs-beside/.test(each));

describe('a garbage collection with -m', () => {
	it.each<[Kind, string, number]>([
		['crontab', '# m h\n25 3 * * 0 root docker exec r registry garbage-collect -m /etc/config.yml', 2],
		['crontab', '25 3 * * 0 docker exec -d r registry garbage-collect /c.yml -m >/dev/null 2>&1', 1],
		['crontab', '@weekly sh -c "docker exec r registry garbage-collect --delete-untagged=true /c.yml"', 1],
		['crontab', '@weekly docker exec r registry garbage-collect -m=true /c.yml', 1],
		['crontab', '@weekly registry garbage-collect -md=false /c.yml', 1],
		['script', '#!/bin/sh\n# weekly\nFLAGS="-m"\nregistry garbage-collect $FLAGS /c.yml', 4],
		['script', 'registry garbage-collect \\\n  --delete-untagged \\\n  /c.yml', 1],
		['script', 'out=$(docker exec r registry garbage-collect -m /c.yml)', 1],
		[
			'script',
			'#!/usr/bin/python3\nimport subprocess\nsubprocess.run([\n  "docker", "exec", "r",  # the private one\n  "registry", "garbage-collect",\n  "-m", "/c.yml"])',
			3,
		],
		[
			'unit',
			'[Service]\n# ExecStart=true\nExecStart=-/usr/bin/docker exec r \\\n  registry garbage-collect -m /c.yml',
			3,
		],
		[
			'quadlet',
			'[Container]\nImage=docker.io/library/registry:2.8.3\nExec=garbage-collect --delete-untagged /etc/docker/registry/config.yml',
			3,
		],
		[
			'compose',
			'services:\n  gc:\n    image: "registry:2.8.3"\n    command:\n      - garbage-collect\n      # weekly\n      - "-m"\n      - /c.yml\n',
			5,
		],
		[
			'compose',
			'services:\n  gc:\n    entrypoint: ["registry", "garbage-collect", "--delete-untagged", "/c.yml"]\n',
			3,
		],
		[
			'compose',
			'services:\n  gc:\n    labels:\n      ofelia.job-exec.gc.command: registry garbage-collect -m /c.yml\n',
			4,
		],
	])('will break images, in a %s: %j', (kind, text, at) => {
		expect(collecting(kind, text)).toContain(`will-break removes-children:${at}`);
	});

	it.each<[Kind, string]>([
		['crontab', '# 25 3 * * 0 root docker exec r registry garbage-collect -m /c.yml'],
		['crontab', '25 3 * * 0 root docker exec r registry garbage-collect --dry-run -m /c.yml'],
		['script', 'true # registry garbage-collect -m /c.yml'],
		['script', 'echo "next: registry garbage-collect -m /c.yml"'],
		['script', 'registry garbage-collect -dm /c.yml'],
		['script', 'registry garbage-collect -m -d=true /c.yml'],
		['script', 'crontab -l | grep garbage-collect'],
		['unit', '[Service]\n; ExecStart=registry garbage-collect -m /c.yml\nDescription=registry garbage-collect -m'],
		['compose', 'services:\n  gc:\n    # command: [garbage-collect, -m, /c.yml]\n    command: [serve, /c.yml]\n'],
		['compose', 'services:\n  gc:\n    command: [garbage-collect, --dry-run, -m, /c.yml]\n'],
	])('that does not run is none, in a %s: %j', (kind, text) => {
		expect(collecting(kind, text)).toEqual([]);
	});

	it('may break images where its flags come from an unknown variable', () => {
		expect(collecting('script', 'registry garbage-collect $GC_FLAGS /c.yml')).toContain('may-break removes-children:1');
	});

	it('may break images on registry 3', () => {
		const running = [
			{name: 'container r', version: 'registry github.com/distribution/distribution/v3 v3.0.0', environment: []},
		];

		expect(said(risksOf('crontab', '@weekly registry garbage-collect -m /c.yml', {running}))).toContain(
			'may-break removes-children:1',
		);
	});
});

describe('a collection beside pushes', () => {
	it('may break images', () => {
		expect(collecting('crontab', '25 3 * * 0 root registry garbage-collect /c.yml')).toEqual([
			'may-break runs-beside-pushes:1',
		]);
		expect(
			collecting('script', 'systemctl stop nginx\nregistry garbage-collect /c.yml\nsystemctl start nginx'),
		).toEqual(['may-break runs-beside-pushes:2']);
		expect(collecting('script', 'registry garbage-collect /c.yml\ndocker stop r')).toEqual([
			'may-break runs-beside-pushes:1',
		]);
	});

	it.each<[Kind, string]>([
		[
			'crontab',
			'0 3 * * 0 docker stop r && docker run --rm -v /d:/d registry:2.8.3 garbage-collect /c.yml; docker start r',
		],
		['script', 'set -e\ndocker compose stop private\nregistry garbage-collect /c.yml\ndocker compose up -d private'],
		[
			'script',
			'sed -i s/readonly: false/readonly: true/ /c.yml; systemctl restart registry\nregistry garbage-collect /c.yml\nsystemctl restart registry',
		],
		[
			'unit',
			'[Unit]\nConflicts=docker-registry.service\n[Service]\nExecStart=docker-registry garbage-collect /c.yml\nExecStopPost=systemctl start docker-registry',
		],
	])('that stops the registry or makes it read-only is none, in a %s: %j', (kind, text) => {
		expect(said(risksOf(kind, text))).toEqual([]);
	});
});

const configuration = (path: string, text: string): MaintenanceFile => ({
	path,
	kind: 'configuration',
	text,
	cut: false,
});
const compose = (text: string): MaintenanceFile => ({
	path: '/opt/registry/compose.yml',
	kind: 'compose',
	text,
	cut: false,
});

describe('a delete over HTTP beside a collection', () => {
	const deletes: MaintenanceFile = {
		path: '/c.yml',
		kind: 'compose',
		text: 'services:\n  r:\n    environment:\n      - REGISTRY_STORAGE_DELETE_ENABLED=true\n',
		cut: false,
	};
	const retention = '0 4 * * * regctl tag rm registry.example/app:old';
	const beside = (text: string, files: MaintenanceFile[] = [deletes]) =>
		said(risksOf('crontab', text, {files})).filter(each => each.includes('deletes-beside'));

	it('will break images, also without -m', () => {
		expect(beside(`25 3 * * 0 registry garbage-collect /c.yml\n${retention}`)).toEqual([
			'will-break deletes-beside-collection:2',
		]);
		const script = {path: '/opt/gc.sh', kind: 'script' as const, text: 'registry garbage-collect /c.yml', cut: false};
		expect(beside(retention, [deletes, script])).toEqual(['will-break deletes-beside-collection:1']);
	});

	it.each([
		[
			'the collection runs while the registry is stopped',
			`25 3 * * 0 docker stop r && registry garbage-collect /c.yml; docker start r\n${retention}`,
		],
		['it only rehearses', `25 3 * * 0 registry garbage-collect -d /c.yml\n${retention}`],
		[
			'one job does both, one after the other',
			'25 3 * * 0 regctl tag rm registry.example/app:old && registry garbage-collect /c.yml',
		],
		['nothing collects', retention],
	])('is no hazard where %s', (_what, text) => {
		expect(beside(text)).toEqual([]);
	});

	it('is no hazard where the registry allows no deletes', () => {
		expect(beside(`25 3 * * 0 registry garbage-collect /c.yml\n${retention}`, [])).toEqual([]);
	});
});

describe('a cache that survives the collection', () => {
	const redis = {files: [configuration('/opt/registry/config.yml', 'storage:\n  cache:\n    blobdescriptor: redis\n')]};
	const staleIn = (text: string, files: MaintenanceFile[]) =>
		risksOf('script', text, {files, root: '/opt/registry/data'}).filter(({kind}) => kind === 'stale-cache');

	it('is reported with the line that enables it', () => {
		const [stale] = risksOf('script', 'docker stop r\nregistry garbage-collect /c.yml', redis);

		expect(stale).toMatchObject({
			kind: 'stale-cache',
			why: expect.stringContaining('/opt/registry/config.yml: blobdescriptor: redis'),
			advice: expect.stringContaining('blobs::*'),
		});
	});

	it.each([
		'docker start r',
		'docker restart redis\ndocker start r',
		'echo redis-cli flushall\ndocker start r',
		"redis-cli --scan --pattern 'repository::*' | xargs redis-cli del\ndocker start r",
		'redis-cli dbsize\ndocker start r',
	])('in Redis is not forgotten after %j', after => {
		expect(said(risksOf('script', `docker stop r\nregistry garbage-collect /c.yml\n${after}`, redis))).toEqual([
			'may-break stale-cache:2',
		]);
	});

	it.each([
		'redis-cli flushall',
		'docker compose exec -T redis redis-cli -n 0 FLUSHDB ASYNC',
		"redis-cli --scan --pattern 'blobs::*' | xargs -r redis-cli del\nredis-cli --scan --pattern 'repository::*' | xargs -r redis-cli unlink",
		`redis-cli eval "for _, k in ipairs(redis.call('keys', 'blobs::*')) do redis.call('del', k) end" 0`,
		'echo FLUSHALL | nc redis 6379',
		'printf "FLUSHDB\\n" | docker exec -i redis redis-cli',
		'valkey-cli flushdb',
	])('in Redis is forgotten after %j', after => {
		expect(
			said(risksOf('script', `docker stop r\nregistry garbage-collect /c.yml\n${after}\ndocker start r`, redis)),
		).toEqual([]);
	});

	it('in Redis may be emptied before the collection only while the registry is stopped', () => {
		expect(
			staleIn('docker stop r\nredis-cli flushall\nregistry garbage-collect /c.yml\ndocker start r', redis.files),
		).toEqual([]);
		expect(
			staleIn('redis-cli flushall\ndocker stop r\nregistry garbage-collect /c.yml\ndocker start r', redis.files),
		).toHaveLength(1);
		expect(
			staleIn('read-only on\nredis-cli flushall\nregistry garbage-collect /c.yml\ndocker restart r', redis.files),
		).toHaveLength(1);
	});

	it('is that of the registry which the collection is about, where a host has several', () => {
		const files = [
			compose(`services:
  hub:
    image: registry:2.8.3
    environment: [REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis]
    volumes: ["./hub:/var/lib/registry", "./conf/hub.yml:/etc/docker/registry/config.yml"]
  private:
    image: registry:2.8.3
    container_name: private-registry
    volumes: ["./data:/var/lib/registry", "./conf/private.yml:/etc/docker/registry/config.yml"]
`),
			configuration('/opt/registry/conf/hub.yml', 'storage: {cache: {blobdescriptor: inmemory}}'),
			configuration('/opt/registry/conf/private.yml', 'storage: {cache: {blobdescriptor: none}}'),
			configuration(
				'/etc/docker/registry/config.yml',
				'storage:\n  filesystem: {rootdirectory: /var/lib/docker-registry}\n  cache: {blobdescriptor: inmemory}',
			),
		];
		const gc = 'garbage-collect /etc/docker/registry/config.yml';

		expect(staleIn(`docker exec private-registry registry ${gc}`, files)).toEqual([]);
		expect(staleIn(`docker compose run --rm private ${gc}`, files)).toEqual([]);
		expect(staleIn(`docker run --rm -v /opt/registry/data:/var/lib/registry registry:2.8.3 ${gc}`, files)).toEqual([]);
		expect(staleIn(`docker exec $CONTAINER registry ${gc}`, files)).toEqual([]);
		for (const hub of [
			`docker exec hub registry ${gc}`,
			`docker compose exec -T hub registry ${gc}`,
			`docker exec opt-hub-1 registry ${gc}`,
			`docker run --rm --volumes-from hub registry:2.8.3 ${gc}; docker restart hub`,
		]) {
			expect(staleIn(hub, files), hub).toMatchObject([{why: expect.stringContaining('BLOBDESCRIPTOR=redis')}]);
		}

		expect(staleIn(`docker-registry ${gc}`, files)).toMatchObject([
			{why: expect.stringContaining('inmemory; /etc/docker')},
		]);
	});
});

describe('a command that removes links', () => {
	it.each<[string, string]>([
		['rm -rf "$base/repositories/$repo/_manifests/tags/$tag"', 'may-break removes-links:1'],
		['find /d/docker -path "*/_manifests/revisions/*" -mtime +30 -delete', 'will-break removes-links:1'],
		['rm -r /d/docker/registry/v2/repositories/a/_layers/sha256/$hex', 'may-break removes-links:1'],
		[
			'TAGS=/d/repositories/a/_manifests/tags\nls -t $TAGS | tail -n +11 | while read t; do rm -rf "$TAGS/$t"; done',
			'may-break removes-links:2',
		],
		['cd "$repo/_manifests/tags" || exit\nls -t | tail -n +11 | xargs rm -rf', 'may-break removes-links:2'],
		[
			'#!/usr/bin/env python3\nimport shutil\nshutil.rmtree(os.path.join(base, "_manifests", "tags", tag))',
			'may-break removes-links:3',
		],
	])('%j', (text, expected) => {
		expect(said(risksOf('script', text))).toEqual([expected]);
	});

	it.each([
		'# rm -rf $repo/_manifests/tags/$tag',
		'echo rm -rf $repo/_manifests/tags/$tag',
		'ls $repo/_manifests/tags\nrm -f /tmp/list',
		'ls $repo/_manifests/tags\nrm -rf /tmp/work',
		'find $repo/_manifests/tags -type d',
		'rm -rf /d/repositories/a/_uploads/*',
	])('is not %j', text => {
		expect(said(risksOf('script', text))).toEqual([]);
	});

	it('a retention script over HTTP is a hazard only where the registry allows deletes', () => {
		const script = 'curl -u bot:hunter2 -X DELETE "https://registry.example/v2/$repo/manifests/$digest"';
		const files: MaintenanceFile[] = [
			{
				path: '/c.yml',
				kind: 'compose',
				text: 'services:\n  r:\n    environment:\n      - REGISTRY_STORAGE_DELETE_ENABLED=true\n',
				cut: false,
			},
		];

		expect(risksOf('script', script)).toEqual([]);
		expect(risksOf('script', script, {files})).toMatchObject([
			{kind: 'deletes-by-digest', line: expect.not.stringContaining('hunter2')},
		]);
	});
});

describe('a floating tag', () => {
	it.each<[Kind, string, boolean]>([
		['compose', 'services:\n  r:\n    image: registry:2\n', true],
		['compose', 'x-r: &r\n  image: registry\nservices:\n  a: *r\n', true],
		['compose', 'services:\n  r:\n    image: ghcr.io/distribution/distribution:edge\n', true],
		['compose', `services:\n  r:\n    image: mirror.acme.example/library/registry:$\{TAG:-2.8}\n`, true],
		['compose', 'services:\n  r:\n    image: registry:2.8.3\n', false],
		['compose', `services:\n  r:\n    image: registry:2@sha256:${'a'.repeat(64)}\n`, false],
		[
			'compose',
			`services:\n  r:\n    image: registry:$\{TAG}\n  # image: registry:2\n  w:\n    image: acme/web:2\n`,
			false,
		],
		['quadlet', '[Container]\nImage=docker.io/library/registry:latest\n', true],
		['unit', '[Service]\nExecStart=/usr/bin/docker run --rm --name r registry:2\n', true],
		['crontab', '@reboot podman run -d registry:2.8.3\n', false],
	])('is found in a %s: %j: %s', (kind, text, floats) => {
		expect(said(risksOf(kind, text)).filter(each => each.includes('floating-tag'))).toHaveLength(floats ? 1 : 0);
	});

	it('is found in running containers', () => {
		const {risks, versions} = assessMaintenance({
			...quietHost,
			running: [
				{
					name: 'container r',
					image: 'registry:2',
					version: 'registry github.com/docker/distribution v2.8.1',
					environment: [],
				},
			],
		});

		expect(risks).toMatchObject([
			{kind: 'floating-tag', file: 'container r'},
			{kind: 'affected-version', why: expect.stringContaining('2.8.1')},
		]);
		expect(versions).toEqual(['2.8.1']);
	});
});

it('an unknown version is reported as not audited', () => {
	const unknown = assessMaintenance({...quietHost, files: []});

	expect(unknown.versions).toEqual([]);
	expect(unknown.unseen.map(({what}) => what)).toEqual(['the registry’s configuration', 'the registry’s version']);
	expect(auditVerdict(unknown)).toBe('incomplete');
	expect(auditVerdict(assessMaintenance(quietHost))).toBe('clear');
});

describe('free space', () => {
	const disk = (free: number, size = 100_000_000) => ({
		...quietHost,
		disk: {mountedOn: '/data', size, free, line: 'df'},
	});

	it.each([
		[disk(20_000_000), []],
		[disk(9_000_000), ['worth-knowing disk-full']],
		[disk(4_000_000, 30_000_000), ['worth-knowing disk-full']],
		[disk(2_000_000), ['may-break disk-full']],
		[{...quietHost, inodes: {mountedOn: '/data', size: 1000, free: 20, line: 'df'}}, ['may-break disk-full']],
		[{...quietHost, inodes: {mountedOn: '/data', size: 0, free: 0, line: 'btrfs'}}, []],
		[{...quietHost, staleUploads: {count: 3, kib: 2_000_000}}, ['worth-knowing stale-uploads']],
	])('%#', (maintenance, expected) => {
		expect(said(assessMaintenance(maintenance).risks).filter(each => /disk|uploads/.test(each))).toEqual(expected);
	});
});

describe('nginx in front of a registry', () => {
	const nginx = (body: string) => said(risksOf('nginx', `http {\n${body}\n}`));

	it('is a hazard where it keeps the first address of a name', () => {
		expect(nginx('server {\n location /v2/ { proxy_pass http://private:5000; }\n}')).toEqual([
			'may-break old-upstream:3',
		]);
		expect(
			nginx('upstream registry {\n server private:5000;\n}\nserver { location / { proxy_pass http://registry; } }'),
		).toEqual(['may-break old-upstream:3']);
	});

	it('is none with a variable, an address, a resolving upstream, in a comment, or for another site', () => {
		expect(
			nginx(`resolver 127.0.0.11;
upstream live { server private:5000 resolve; }
server { location /v2/ { set $registry private:5000; proxy_pass http://$registry; } }
server { location /v2/ { proxy_pass http://127.0.0.1:5000; } }
server { location /v2/ { proxy_pass http://live; } }
# server { location /v2/ { proxy_pass http://private:5000; } }
server { location / { proxy_pass http://wiki:8080; } }`),
		).toEqual([]);
	});
});

it('the responses reveal a wrong upstream', () => {
	const answers = {url: 'https://registry.example', hasCredentials: true, isLoopback: false};

	expect(said(responseHazards({...answers, answersAnybody: false, listsRepositories: true}, true))).toEqual([]);
	expect(said(responseHazards({...answers, answersAnybody: true, listsRepositories: false}, true))).toEqual([
		'may-break open-registry',
		'may-break empty-catalogue',
	]);
	expect(
		said(responseHazards({...answers, hasCredentials: false, answersAnybody: true, listsRepositories: false}, false)),
	).toEqual([]);
	expect(said(responseHazards({...answers, url: 'http://registry.example'}, undefined))).toEqual([
		'worth-knowing plain-http',
	]);
});

it('a probe is silent where its last run is too old or of another registry', () => {
	const name = 'registry_manifest_integrity_last_run_timestamp';
	const text = `# TYPE ${name} gauge\n${name}{instance="other",job="p"} 9000\n${name}{instance="a:5000",job="p",shard="1"} 1000\n${name}{instance="a:5000"} 1.2e+03\n`;

	expect(lastProbe(text, ['a:5000', 'private'])).toBe(1200);
	expect(probeHazards(text, {where: 'file', instances: ['a:5000'], now: 1200 + 3600})).toEqual([]);
	expect(said(probeHazards(text, {where: 'file', instances: ['a:5000'], now: 1200 + 3601}))).toEqual([
		'worth-knowing probe-silent',
	]);
	expect(said(probeHazards(text, {where: 'file', instances: ['b:5000'], now: 1200}))).toEqual([
		'worth-knowing probe-silent',
	]);
});

it.each([
	['curl -u bot:hunter2 https://x', 'hunter2'],
	['docker run -e REGISTRY_HTTP_SECRET=hunter2 registry:2', 'hunter2'],
	['wget https://bot:hunter2@registry.example/x', 'hunter2'],
	['curl -H "Authorization: Basic aHVudGVyMg=="', 'aHVudGVyMg'],
	['skopeo delete --creds bot:hunter2 docker://x', 'hunter2'],
	['mysql --password hunter2', 'hunter2'],
	["PASSWORD='hunter2 and more' sh", 'hunter2'],
])('evidence keeps no secret: %s', (line, secret) => {
	expect(evidence(line)).not.toContain(secret);
	expect(evidence(line)).toContain('…');
});
