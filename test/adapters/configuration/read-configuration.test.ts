import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {readConfiguration} from '../../../src/adapters/configuration/read-configuration.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const of = (name: string) => `registries: {${name}: {url: 'https://registry.example'}}\n`;

test('a named file is preferred to that of the folder, and that to the file of the user', async () => {
	const folder = await createTempFolder();
	const home = await createTempFolder();
	const environment = {XDG_CONFIG_HOME: home};
	expect(await readConfiguration(environment, folder)).toEqual({
		configuration: {registries: {}, images: {}},
		sought: [path.join(folder, 'regmedic.yaml'), path.join(home, 'regmedic/config.yaml')],
	});

	await mkdir(path.join(home, 'regmedic'));
	await writeFile(path.join(home, 'regmedic/config.yaml'), of('users'));
	expect((await readConfiguration(environment, folder)).file).toBe(path.join(home, 'regmedic/config.yaml'));

	await writeFile(path.join(folder, 'regmedic.yaml'), of('here'));
	expect(Object.keys((await readConfiguration(environment, folder)).configuration.registries)).toEqual(['here']);

	await writeFile(path.join(folder, 'other.yaml'), of('named'));
	expect(Object.keys((await readConfiguration(environment, folder, 'other.yaml')).configuration.registries)).toEqual([
		'named',
	]);
});

test('a named file that does not exist or cannot be read is an error with exit 4', async () => {
	const folder = await createTempFolder();

	await expect(readConfiguration({}, folder, 'gone.yaml')).rejects.toMatchObject({
		code: 'configuration.missing',
		exit: 'configuration',
	});
	await expect(readConfiguration({}, folder, '.')).rejects.toMatchObject({
		code: 'configuration.unreadable',
		exit: 'configuration',
	});
});

test('an error names the file as it was given, its line and its column', async () => {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'regmedic.yaml'), 'registries:\n  private:\n    uri: https://registry.example\n');

	await expect(readConfiguration({}, folder)).rejects.toThrow(
		/^regmedic\.yaml:3:5: Unknown key "registries\.private\.uri"|regmedic\.yaml:3:/m,
	);
});
