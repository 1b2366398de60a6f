import {describe, expect, it} from 'vitest';
import {assessMaintenance} from '../../../../src/domain/audit/audit.ts';
import type {Maintenance, MaintenanceFile, RunningRegistry} from '../../../../src/domain/audit/maintenance.ts';
import {settingsIn} from '../../../../src/domain/audit/registries/registry-settings.ts';
import {deletesRefusedIn, descriptorCacheIn, proxyIn} from '../../../../src/domain/audit/registries/serving-store.ts';
import {quietHost} from '../../../support/fake-ports.ts';

const root = '/opt/registry/data';
const file = (kind: MaintenanceFile['kind'], path: string, text: string): MaintenanceFile => ({
	kind,
	path,
	text,
	cut: false,
});
const configured = (cache: string, path = '/opt/registry/config.yml') =>
	file('configuration', path, `storage:\n  filesystem: {rootdirectory: /var/lib/registry}\n  ${cache}\n`);
const service = (more: string) =>
	file(
		'compose',
		'/opt/registry/compose.yaml',
		`services:\n  registry:\n    image: registry:2.8.3\n    volumes: ["./data:/var/lib/registry", "./config.yml:/etc/docker/registry/config.yml"]\n${more}`,
	);
const cacheOf = (files: MaintenanceFile[], running: RunningRegistry[] = [], store = root) =>
	descriptorCacheIn({files, running, root: store});

describe('the descriptor cache of a registry', () => {
	it.each<[string, string, 'inmemory' | 'redis' | 'none']>([
		['cache: {blobdescriptor: redis}', '', 'redis'],
		['cache: {blobdescriptor: inmemory}', '', 'inmemory'],
		['cache: {blobdescriptor: Redis}', '', 'none'],
		['delete: {enabled: true}', '', 'none'],
		[
			'cache: {blobdescriptor: redis}',
			'    environment:\n      - REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=none\n',
			'none',
		],
		['cache: {blobdescriptor: redis}', '    environment: {REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: ""}\n', 'none'],
		['cache: {blobdescriptor: none}', '    environment: {REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: redis}\n', 'redis'],
		[
			'cache: {blobdescriptor: none}',
			'    environment: {REGISTRY_STORAGE_CACHE: "{blobdescriptor: redis}"}\n',
			'redis',
		],
		[
			'cache: {blobdescriptor: none}',
			'    environment: *cached\nx-c: &cached\n  REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: redis\n',
			'redis',
		],
		[
			'cache: {blobdescriptor: none}',
			`    environment:\n      REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: $\{CACHE:-redis}\n`,
			'redis',
		],
		// Without a value it comes from the environment of whoever starts it.
		['cache: {blobdescriptor: redis}', '    environment: [REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR]\n', 'redis'],
		['cache: {blobdescriptor: redis}', '    command: [serve, /etc/docker/registry/config.yml]\n', 'redis'],
	])('with %j in its file and %j in its service is %3$s', (cache, more, kind) => {
		// An alias needs its anchor first.
		const text = more.includes('x-c:') ? more.replace(/(.*\n)(x-c: [\s\S]*)/, '$1') : more;
		const compose = service(text);
		const anchor = /x-c: [\s\S]*/.exec(more)?.[0] ?? '';

		expect(cacheOf([{...compose, text: `${anchor}${compose.text}`}, configured(cache)])).toMatchObject({kind});
	});

	it('is that of its image where no file replaces the image’s configuration', () => {
		const compose = file(
			'compose',
			'/opt/registry/compose.yaml',
			'services: {r: {image: "registry:2.8.3", volumes: ["./data:/var/lib/registry"]}}',
		);

		expect(cacheOf([compose])).toMatchObject({kind: 'inmemory', source: {line: expect.stringContaining('image')}});
		expect(
			cacheOf([{...compose, text: compose.text.replace('image:', 'build: .').replace('"registry:2.8.3"', '')}]),
		).toMatchObject({kind: 'unknown'});
	});

	it('is taken from env_file, a named volume, a mounted folder, the long form and configs', () => {
		const text = `services:
  registry:
    image: registry:2.8.3
    env_file: registry.env
    volumes:
      - data:/var/lib/registry
      - type: bind
        source: ../conf
        target: /etc/docker/registry
volumes: {data: {}}
`;
		const compose = file('compose', '/opt/registry/compose.yaml', text);
		const conf = configured('cache: {blobdescriptor: inmemory}', '/opt/conf/config.yml');
		const variables = file('environment', '/opt/registry/registry.env', 'REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis');
		const volume = '/var/lib/docker/volumes/registry_data/_data';
		const configs = text.replace(
			/ {6}- type[\s\S]*registry\n/,
			'    configs: [{source: c, target: /etc/docker/registry/config.yml}]\nconfigs: {c: {file: ../conf/config.yml}}\n',
		);

		expect(cacheOf([compose, conf], [], volume)).toMatchObject({kind: 'inmemory', source: {file: conf.path}});
		expect(cacheOf([compose, conf, variables], [], volume)).toMatchObject({
			kind: 'redis',
			source: {file: variables.path, at: 1},
		});
		expect(cacheOf([{...compose, text: configs}, conf], [], volume)).toMatchObject({kind: 'inmemory'});
		// Another project's volume of the same end is another store.
		expect(cacheOf([compose, conf], [], '/srv/elsewhere')).toMatchObject({kind: 'inmemory'});
	});

	it('is taken from a quadlet, from a container that a script starts, and from a program of the host', () => {
		const quadlet = file(
			'quadlet',
			'/etc/containers/systemd/registry.container',
			`[Container]\nImage=docker.io/library/registry:2.8.3\nEnvironment=REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis\nVolume=${root}:/var/lib/registry:Z\n`,
		);
		const script = file(
			'script',
			'/opt/start.sh',
			`docker run -d --name hub -e REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=none -v ${root}:/var/lib/registry registry:2.8.3 >/dev/null\n`,
		);
		const program = file(
			'configuration',
			'/etc/docker/registry/config.yml',
			`storage: {filesystem: {rootdirectory: ${root}}, cache: {blobdescriptor: redis}}`,
		);

		expect(cacheOf([quadlet])).toMatchObject({kind: 'redis', source: {at: 3}});
		expect(cacheOf([script])).toEqual({kind: 'none'});
		expect(cacheOf([program])).toMatchObject({kind: 'redis'});
		expect(cacheOf([{...program, text: program.text.replace(root, '/var/lib/docker-registry')}])).toMatchObject({
			kind: 'unknown',
		});
	});

	it('of a running container counts, and not what a file of the host would start', () => {
		const running: RunningRegistry = {
			name: 'container docker-registry',
			names: ['opt-registry-1', 'registry'],
			image: 'registry:2.8.3',
			mounts: [`${root}:/var/lib/registry`, '/opt/registry/config.yml:/etc/docker/registry/config.yml'],
			environment: ['REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis'],
		};
		const files = [service(''), configured('cache: {blobdescriptor: inmemory}')];

		expect(cacheOf(files, [running])).toMatchObject({kind: 'redis', source: {file: 'container docker-registry'}});
		expect(cacheOf(files, [{...running, environment: []}])).toMatchObject({kind: 'inmemory'});
	});

	it('is unknown where its configuration was not read, where the value is set elsewhere, and where registries differ', () => {
		const others = file(
			'compose',
			'/opt/registry/compose.yaml',
			'x-r: &r {image: "registry:2.8.3", volumes: ["$A:/var/lib/registry"]}\nservices:\n  a: *r\n  b: {<<: *r, environment: [REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=redis]}\n',
		);

		expect(cacheOf([service('')])).toEqual({
			kind: 'unknown',
			why: '/opt/registry/config.yml, the configuration of a registry, was not read',
		});
		expect(
			cacheOf([service('    environment: {REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR: $CACHE}\n'), configured('')]),
		).toMatchObject({kind: 'unknown', why: expect.stringContaining('$CACHE')});
		expect(cacheOf([others])).toMatchObject({kind: 'unknown', why: expect.stringContaining('differ')});
		expect(cacheOf([])).toMatchObject({kind: 'unknown', why: expect.stringContaining('no configuration')});
	});

	it('is not that of a container whose store is elsewhere; a configuration beside the store may be its own', () => {
		const elsewhere = file('compose', '/opt/hub/compose.yaml', 'services: {hub: {image: "registry:2.8.3"}}');
		const beside = configured('cache: {blobdescriptor: redis}');

		expect(cacheOf([elsewhere, beside])).toMatchObject({kind: 'redis'});
		expect(cacheOf([elsewhere, {...beside, path: '/srv/hub/config.yml'}])).toMatchObject({kind: 'unknown'});
		expect(cacheOf([elsewhere], [], `/var/lib/docker/volumes/${'a'.repeat(64)}/_data`)).toMatchObject({
			kind: 'inmemory',
		});
	});

	it('that is unknown is listed as not checked', () => {
		const maintenance: Maintenance = {...quietHost, root, files: [service('')]};

		expect(assessMaintenance(maintenance).unseen).toContainEqual({
			what: 'the registry’s descriptor cache',
			why: expect.stringContaining('/opt/registry/config.yml'),
		});
		expect(assessMaintenance(quietHost).unseen).toEqual([]);
	});
});

it('a variable that forbids deletes beats the file that allows them', () => {
	const files = [configured('delete: {enabled: true}')];

	expect(settingsIn({files: [service(''), ...files], running: []}).deletes).toMatchObject([{value: 'true', at: 3}]);
	expect(
		settingsIn({
			files: [service('    environment: {REGISTRY_STORAGE_DELETE_ENABLED: "false"}\n'), ...files],
			running: [],
		}).deletes,
	).toEqual([]);
});

describe('what makes a registry a pull-through cache', () => {
	const proxied = configured('delete: {enabled: true}\nproxy:\n  remoteurl: https://registry.example');
	const proxyOf = (files: MaintenanceFile[], store = root) => proxyIn({files, running: [], root: store});

	it('is the upstream in its configuration or its variables', () => {
		expect(proxyOf([service(''), proxied])).toMatchObject({file: '/opt/registry/config.yml', at: 5});
		const variable = service('    environment: {REGISTRY_PROXY_REMOTEURL: "https://registry.example"}\n');
		expect(proxyOf([variable, configured('delete: {enabled: true}')])).toMatchObject({
			file: '/opt/registry/compose.yaml',
		});
	});

	it.each<[string, MaintenanceFile[], string?]>([
		['no upstream', [service(''), configured('delete: {enabled: true}')]],
		['an empty one', [service(''), configured('delete: {enabled: true}\nproxy: {remoteurl: ""}')]],
		['a variable that takes it back', [service('    environment: {REGISTRY_PROXY_REMOTEURL: ""}\n'), proxied]],
		['the upstream of another store of the host', [service(''), proxied], '/srv/other'],
		['no registry that is known to serve the store', [], root],
	])('is not %s', (_, files, store) => {
		expect(proxyOf(files, store)).toBe(undefined);
	});
});

it('a compose file that is no YAML, or that merges itself, names no registry and does no harm', () => {
	for (const text of ['services: {r: {image: [', 'services: &s\n  <<: *s\n  r: *missing\n', '{{ template }}: [']) {
		expect(settingsIn({files: [file('compose', '/c.yml', text)], running: []}).registries).toEqual([]);
	}
});

it('the version of a registry that runs on another store of the host says nothing about the collection of this one', () => {
	const collects = file('crontab', 'crontab -l', '25 3 * * 0 registry garbage-collect -m /c.yml\n');
	const newer = (configuration: string): RunningRegistry => ({
		name: 'process 812',
		version: 'registry 3.1.1',
		environment: [],
		configuration,
	});
	const other = file('configuration', '/srv/hub/config.yml', 'storage:\n  filesystem: {rootdirectory: /srv/hub}\n');
	const severityBeside = (configuration: string, store = root) => {
		const maintenance = {...quietHost, root: store, files: [collects, other], running: [newer(configuration)]};
		return assessMaintenance(maintenance).risks.find(({kind}) => kind === 'removes-children')?.severity;
	};

	expect(severityBeside('/srv/hub/config.yml')).toBe('will-break');
	expect(severityBeside('/srv/hub/config.yml', '/srv/hub')).toBe('may-break');
	// It may serve this store.
	expect(severityBeside('/srv/unread.yml')).toBe('may-break');
});

describe('whether a registry accepts deletes', () => {
	it.each([
		['cache: {blobdescriptor: inmemory}', '', '/opt/registry/config.yml does not enable them'],
		['delete: {enabled: false}', '', '/opt/registry/config.yml does not enable them'],
		['delete: {enabled: true}', '', undefined],
		['delete: {enabled: yes}', '', undefined],
		['delete: {enabled: false}', '    environment: {REGISTRY_STORAGE_DELETE_ENABLED: "true"}\n', undefined],
		[
			'delete: {enabled: true}',
			'    environment: {REGISTRY_STORAGE_DELETE_ENABLED: "false"}\n',
			'/opt/registry/compose.yaml sets REGISTRY_STORAGE_DELETE_ENABLED to false',
		],
		['delete: {enabled: false}', '    environment: {REGISTRY_STORAGE_DELETE: "{enabled: true}"}\n', undefined],
	])('with %j in its file and %j in its service: %j refuses them', (text, more, refusing) => {
		expect(deletesRefusedIn({files: [service(more), configured(text)], running: [], root})).toBe(refusing);
	});

	it('is not known of a configuration that was not read, and says nothing of another store', () => {
		expect(deletesRefusedIn({files: [service('')], running: [], root})).toBeUndefined();
		expect(deletesRefusedIn({files: [service(''), configured('')], running: [], root: '/srv/other'})).toBeUndefined();
		expect(deletesRefusedIn({files: [], running: [], root})).toBeUndefined();
	});
});
