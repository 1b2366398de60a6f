import {describe, expect, it} from 'vitest';
import {auditTarget, type StorageOptions, scanTarget} from '../../src/commands/storage-target.ts';
import {emptyConfiguration, parseConfiguration} from '../../src/domain/configuration.ts';

const configuration = parseConfiguration(
	`registries:
  private: {url: "https://private.example", role: cache, storage: {ssh: vm, root: /srv/private, transport: openssh}}
  plain: {url: "https://plain.example"}
`,
	'regmedic.yaml',
);
const one = parseConfiguration('registries: {only: {url: "https://only.example", storage: {root: /srv/only}}}', 'f');

const scan = (options: Parameters<typeof scanTarget>[0]) => scanTarget(options, configuration, '/srv');
const audit = (name: string | undefined, options: StorageOptions) => auditTarget(name, options, configuration, '/srv');

/** One value for each option. */
const given = {
	path: {path: 'data'},
	ssh: {ssh: 'vm'},
	root: {root: '/srv'},
	volume: {volume: 'data'},
	registry: {registry: 'private'},
	transport: {transport: 'ssh2'},
	sshConfig: {sshConfig: 'config'},
	become: {become: 'sudo'},
} satisfies Record<string, StorageOptions & {registry?: string}>;
type Name = keyof typeof given;

const flags: Record<Name, string> = {
	path: '--path',
	ssh: '--ssh',
	root: '--root',
	volume: '--volume',
	registry: '--registry',
	transport: '--transport',
	sshConfig: '--ssh-config',
	become: '--become',
};

/** What two options together name; a contradiction where it is undefined. */
const pairs: [Name, Name, string | undefined][] = [
	['path', 'ssh', undefined],
	['path', 'root', undefined],
	['path', 'registry', undefined],
	['path', 'transport', undefined],
	['path', 'sshConfig', undefined],
	['path', 'become', '/srv/data by sudo'],
	['path', 'volume', undefined],
	['root', 'volume', undefined],
	['volume', 'registry', undefined],
	['volume', 'transport', undefined],
	['volume', 'sshConfig', undefined],
	['volume', 'become', 'volume data by sudo'],
	['ssh', 'volume', 'vm:volume data'],
	['ssh', 'root', 'vm:/srv'],
	['ssh', 'registry', undefined],
	['root', 'registry', undefined],
	['registry', 'transport', 'vm:/srv/private over ssh2'],
	['registry', 'sshConfig', 'vm:/srv/private over openssh with config'],
	['registry', 'become', 'vm:/srv/private over openssh by sudo'],
];

/** Pairs that leave the storage open: another option is needed. */
const halves: [Name, Name, string][] = [
	['ssh', 'transport', '--root'],
	['ssh', 'sshConfig', '--root'],
	['root', 'transport', '--ssh'],
	['root', 'sshConfig', '--ssh'],
	['ssh', 'become', '--root'],
	['root', 'become', '--ssh'],
	['transport', 'become', 'No storage given'],
	['sshConfig', 'become', 'No storage given'],
	['transport', 'sshConfig', 'No storage given'],
];

function sayLocation({root, volume, ssh, transport, sshConfig, become}: ReturnType<typeof scan>['location']): string {
	const host = ssh === undefined ? '' : `${ssh}:`;
	return `${host}${root ?? `volume ${volume}`}${transport ? ` over ${transport}` : ''}${sshConfig ? ` with ${sshConfig}` : ''}${become ? ` by ${become}` : ''}`;
}

describe('two options of a scan', () => {
	it('are all listed here', () => {
		const names = Object.keys(given);
		expect(pairs.length + halves.length).toBe((names.length * (names.length - 1)) / 2);
	});

	it.each(pairs)('--%s and --%s name %s', (first, second, location) => {
		const options = {...given[first], ...given[second]};

		if (location === undefined) {
			expect(() => scan(options)).toThrow(
				expect.objectContaining({
					code: 'scan.where',
					exit: 'usage',
					message: expect.stringContaining(`${flags[first]} and ${flags[second]} contradict each other`),
				}),
			);
		} else {
			expect(sayLocation(scan(options).location)).toBe(location);
		}
	});

	it.each(halves)('--%s and --%s need more: %s', (first, second, missing) => {
		expect(() => scan({...given[first], ...given[second]})).toThrow(
			expect.objectContaining({code: 'scan.where', exit: 'usage', message: expect.stringContaining(missing)}),
		);
	});
});

describe('the storage of a scan', () => {
	it('is a folder below the working directory', () => {
		expect(scan({path: 'data'})).toEqual({location: {root: '/srv/data'}});
	});

	it('is another one than the named registry’s only where the registry is to be compared with it', () => {
		expect(scan({path: 'data', registry: 'private', compare: true})).toEqual({
			location: {root: '/srv/data'},
			registry: configuration.registries.private,
		});
		expect(scan({ssh: 'other', root: '/srv', registry: 'plain', compare: true})).toMatchObject({
			location: {ssh: 'other', root: '/srv'},
			registry: {url: 'https://plain.example'},
		});
	});

	it('is still contradicted by half of another with --compare', () => {
		expect(() => scan({ssh: 'vm', registry: 'private', compare: true})).toThrow('--ssh needs --root');
		expect(() => scan({path: 'data', ssh: 'vm', root: '/srv', registry: 'private', compare: true})).toThrow(
			'--path and --ssh contradict each other',
		);
	});

	it('must be given: the message says how', () => {
		expect(() => scan({})).toThrow(
			expect.objectContaining({code: 'scan.where', hint: expect.stringContaining('--path')}),
		);
		expect(() => scan({registry: 'plain'})).toThrow(
			expect.objectContaining({
				code: 'scan.no-storage',
				exit: 'configuration',
				message: expect.stringContaining('plain'),
			}),
		);
		expect(() => scan({path: 'data', compare: true})).toThrow(
			expect.objectContaining({code: 'scan.compare', exit: 'usage', hint: expect.stringContaining('--registry')}),
		);
	});
});

describe('what an audit reads', () => {
	it.each([
		['path', 'ssh'],
		['path', 'root'],
		['path', 'transport'],
		['path', 'sshConfig'],
	] as const)('--%s and --%s contradict each other, with and without a registry', (first, second) => {
		for (const name of ['private', undefined]) {
			expect(() => audit(name, {...given[first], ...given[second]})).toThrow(
				expect.objectContaining({
					code: 'audit.where',
					exit: 'usage',
					message: expect.stringContaining(`${flags[first]} and ${flags[second]} contradict each other`),
				}),
			);
		}
	});

	it('needs --ssh and --root together, with and without a registry', () => {
		for (const name of ['private', undefined]) {
			expect(() => audit(name, {ssh: 'vm'})).toThrow(expect.objectContaining({code: 'audit.where', exit: 'usage'}));
			expect(() => audit(name, {root: '/srv'})).toThrow('--root needs --ssh');
		}
	});

	it('is the storage of the named registry, reached as the options say', () => {
		const {location, registry} = audit('private', {transport: 'ssh2', sshConfig: 'config'});

		expect(location).toMatchObject({ssh: 'vm', root: '/srv/private', transport: 'ssh2', sshConfig: 'config'});
		expect(registry).toEqual({name: 'private', configuration: configuration.registries.private});
	});

	it('is a folder, and the registry it is named with', () => {
		expect(audit(undefined, {path: 'data'})).toEqual({location: {root: '/srv/data'}});
		expect(audit('plain', {path: 'data'})).toMatchObject({location: {root: '/srv/data'}, registry: {name: 'plain'}});
		expect(audit('private', {ssh: 'vm', root: '/srv'})).toMatchObject({
			location: {ssh: 'vm', root: '/srv'},
			registry: {name: 'private'},
		});
	});

	it('is a registry alone where its storage is not configured', () => {
		expect(audit('plain', {})).toEqual({registry: {name: 'plain', configuration: configuration.registries.plain}});
	});

	it('is the only configured registry, or must be named', () => {
		expect(auditTarget(undefined, {}, one, '/srv')).toMatchObject({registry: {name: 'only'}});
		expect(() => audit(undefined, {})).toThrow(
			expect.objectContaining({code: 'audit.where', message: expect.stringContaining('private, plain')}),
		);
		expect(() => auditTarget(undefined, {}, emptyConfiguration, '/srv')).toThrow(
			expect.objectContaining({code: 'audit.where', exit: 'usage', hint: expect.stringContaining('regmedic.yaml')}),
		);
		expect(() => audit('privat', {})).toThrow(expect.objectContaining({code: 'configuration.no-registry'}));
	});
});
