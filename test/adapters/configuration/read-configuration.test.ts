import {spawnSync} from 'node:child_process';
import {chmod, chown, mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {approveConfiguration, readConfiguration} from '../../../src/adapters/configuration/read-configuration.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const user = process.getuid?.();
const isRoot = user === 0;
const nobody = 65_534;

type Reading = Parameters<typeof readConfiguration>[0];
const reading = (folder: string, more: Partial<Reading> = {}): Reading => ({
	environment: {},
	folder,
	user,
	state: path.join(folder, 'state'),
	...more,
});
const read = (folder: string, more?: Partial<Reading>) => readConfiguration(reading(folder, more));

const of = (name: string) => `registries: {${name}: {url: 'https://registry.example'}}\n`;

test('a named file is preferred to that of the folder, and that to the file of the user', async () => {
	const folder = await createTempFolder();
	const home = await createTempFolder();
	const environment = {XDG_CONFIG_HOME: home};
	expect(await read(folder, {environment})).toEqual({
		configuration: {registries: {}, images: {}},
		sought: [path.join(folder, 'regmedic.yaml'), path.join(home, 'regmedic/config.yaml')],
	});

	await mkdir(path.join(home, 'regmedic'));
	await writeFile(path.join(home, 'regmedic/config.yaml'), of('users'));
	expect((await read(folder, {environment})).file).toBe(path.join(home, 'regmedic/config.yaml'));

	await writeFile(path.join(folder, 'regmedic.yaml'), of('here'));
	expect(Object.keys((await read(folder, {environment})).configuration.registries)).toEqual(['here']);

	await writeFile(path.join(folder, 'other.yaml'), of('named'));
	expect(Object.keys((await read(folder, {environment, named: 'other.yaml'})).configuration.registries)).toEqual([
		'named',
	]);
});

test('a named file that does not exist or cannot be read is an error with exit 4', async () => {
	const folder = await createTempFolder();

	await expect(read(folder, {named: 'gone.yaml'})).rejects.toMatchObject({
		code: 'configuration.missing',
		exit: 'configuration',
	});
	await expect(read(folder, {named: '.'})).rejects.toMatchObject({
		code: 'configuration.unreadable',
		exit: 'configuration',
	});
});

test('an error names the file as it was given, its line and its column', async () => {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'regmedic.yaml'), 'registries:\n  private:\n    uri: https://registry.example\n');

	await expect(read(folder)).rejects.toThrow(
		/^regmedic\.yaml:3:5: Unknown key "registries\.private\.uri"|regmedic\.yaml:3:/m,
	);
});

const restarting = `registries: {private: {url: 'https://registry.example', storage: {ssh: vm, root: /d, restart: reboot}}}\n`;

/** A working directory as others may leave it, with a regmedic.yaml in it. */
async function foundIn(spoil: (folder: string, file: string) => Promise<unknown>, text = restarting): Promise<string> {
	const folder = path.join(await createTempFolder(), 'work');
	const file = path.join(folder, 'regmedic.yaml');
	await mkdir(folder);
	await writeFile(file, text, {mode: 0o644});
	await spoil(folder, file);
	return folder;
}

const spoiled: [string, (folder: string, file: string) => Promise<unknown>][] = [
	['that every user may write', (_, file) => chmod(file, 0o666)],
	['in a folder that every user may write', folder => chmod(folder, 0o777)],
	['in a sticky folder', folder => chmod(folder, 0o1777)],
	['below a folder that every user may write', folder => chmod(path.dirname(folder), 0o777)],
	[
		'behind a link into such a folder',
		async (folder, file) => {
			await mkdir(path.join(folder, 'open'));
			await chmod(path.join(folder, 'open'), 0o777);
			spawnSync('mv', [file, path.join(folder, 'open/real.yaml')]);
			await symlink('open/real.yaml', file);
		},
	],
	...(isRoot
		? ([
				['of another user', (_, file) => chown(file, nobody, nobody)],
				['in the folder of another user', folder => chown(folder, nobody, nobody)],
				[
					'of a group that may write',
					async (_, file) => {
						await chown(file, 0, 100);
						await chmod(file, 0o664);
					},
				],
			] as [string, (folder: string, file: string) => Promise<unknown>][])
		: []),
];

test.each(spoiled)(
	'a found configuration %s runs nothing, until a person names it or approves it as it is',
	async (_, spoil) => {
		const folder = await foundIn(spoil);
		const refused = {
			code: 'configuration.untrusted',
			exit: 'configuration',
			hint: expect.stringMatching(/registries\.private\.storage\.restart.*regmedic check --trust/),
		};

		await expect(read(folder)).rejects.toMatchObject(refused);
		expect((await read(folder, {named: 'regmedic.yaml'})).configuration.registries).toHaveProperty('private');

		const state = path.join(await createTempFolder(), 'state');
		expect(await approveConfiguration(reading(folder, {state}))).toMatchObject({
			powers: expect.arrayContaining(['registries.private.storage.restart']),
		});
		expect((await read(folder, {state})).configuration.registries).toHaveProperty('private');
		await writeFile(path.join(folder, 'regmedic.yaml'), restarting.replace('reboot', 'halt'));
		await expect(read(folder, {state})).rejects.toMatchObject(refused);
	},
);

test.each([
	['credentials', 'credentials: {username: ann, password: {command: [cat, /etc/passwd]}}'],
	['credentials', 'credentials: {env: {username: USER, password: TOKEN}}'],
	['storage.sshConfig', 'storage: {root: /d, sshConfig: evil}'],
	['storage.collect', 'storage: {root: /d, collect: rm}'],
	['storage.become', 'storage: {root: /d, become: container}'],
	['storage.volume', 'storage: {volume: d}'],
	['clientCertificate', 'clientCertificate: {certFile: a, keyFile: b}'],
	['inventory', 'inventory: /etc/cron.d/any'],
])('%s is used only of a file that nobody else can change', async (key, setting) => {
	const text = `registries: {private: {url: 'https://registry.example', ${setting}}}\n`;

	await expect(read(await foundIn(folder => chmod(folder, 0o777), text))).rejects.toMatchObject({
		code: 'configuration.untrusted',
		hint: expect.stringContaining(`registries.private.${key}`),
	});
	expect(await read(await foundIn(async () => {}, text))).toHaveProperty('file');
});

test('one that runs nothing and uses no secret is read wherever it is; one that is the user’s own needs no approval', async () => {
	expect(await read(await foundIn(folder => chmod(folder, 0o777), of('harmless')))).toHaveProperty('file');
	expect(await read(await foundIn(async () => {}))).toHaveProperty('file');
});

test('an approval is worth nothing once the ssh_config it names is another, or where others could have written it', async () => {
	const folder = await foundIn(async where => chmod(where, 0o777));
	const config = path.join(folder, 'ssh_config');
	const text = restarting.replace('ssh: vm', `ssh: vm, sshConfig: ${config}`);
	await writeFile(path.join(folder, 'regmedic.yaml'), text);
	await writeFile(config, 'Host vm\n');
	const state = path.join(await createTempFolder(), 'state');
	await approveConfiguration(reading(folder, {state}));
	expect(await read(folder, {state})).toHaveProperty('file');

	await writeFile(config, 'Host vm\n\tProxyCommand id\n');
	await expect(read(folder, {state})).rejects.toMatchObject({code: 'configuration.untrusted'});

	await writeFile(config, 'Host vm\n');
	await chmod(path.join(state, 'approved-configurations'), 0o777);
	await expect(read(folder, {state})).rejects.toMatchObject({code: 'configuration.untrusted'});
});

test('a pipe or a device that was found is refused at once; a pipe that was named is read', async () => {
	const folder = await foundIn(async (_, file) => spawnSync('sh', ['-c', 'rm "$1" && mkfifo "$1"', 'sh', file]));
	const began = performance.now();

	await expect(read(folder)).rejects.toMatchObject({
		code: 'configuration.unreadable',
		message: expect.stringContaining('it is not a regular file'),
	});
	await expect(read(folder, {named: '/dev/zero'})).rejects.toMatchObject({
		message: expect.stringContaining('longer than 1 MiB'),
	});
	expect(performance.now() - began).toBeLessThan(2000);

	const named = read(folder, {named: 'regmedic.yaml'});
	await writeFile(path.join(folder, 'regmedic.yaml'), of('piped'));
	expect((await named).configuration.registries).toHaveProperty('piped');
});

test('ctrl-c ends the wait for a pipe that nobody writes to', async () => {
	const folder = await foundIn(async (_, file) => spawnSync('sh', ['-c', 'rm "$1" && mkfifo "$1"', 'sh', file]));
	const stopping = new AbortController();
	const waiting = read(folder, {named: 'regmedic.yaml', signal: stopping.signal});

	stopping.abort(new Error('stopped'));

	await expect(waiting).rejects.toThrow('stopped');
});
