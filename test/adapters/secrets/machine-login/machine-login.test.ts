import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {findMachineLogin} from '../../../../src/adapters/secrets/machine-login/machine-login.ts';
import {loginPlaces} from '../../../../src/adapters/secrets/machine-login/places.ts';
import {loginFor} from '../../../../src/domain/registry-login.ts';
import {processes} from '../../../support/processes.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const host = 'registry.example:5050';
const auth = (pair: string) => ({auth: Buffer.from(pair).toString('base64')});

/** A home folder with these files. */
async function home(files: Record<string, unknown>, variables: Record<string, string> = {}) {
	const HOME = await createTempFolder();
	for (const [name, content] of Object.entries(files)) {
		const file = path.join(HOME, name);
		await mkdir(path.dirname(file), {recursive: true});
		await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
	}

	const named = Object.entries(variables).map(([name, value]) => [name, path.join(HOME, value)]);
	return {HOME, XDG_RUNTIME_DIR: path.join(HOME, 'run'), PATH: process.env.PATH, ...Object.fromEntries(named)};
}

const find = (environment: Record<string, string | undefined>, of = host) =>
	findMachineLogin(of, {environment, processes, signal: undefined});

test('files that a variable names come first, then podman’s and docker’s', () => {
	expect(
		loginPlaces({HOME: '/h', REGISTRY_AUTH_FILE: '/a.json', DOCKER_CONFIG: '/d', XDG_RUNTIME_DIR: '/r'}, 7).map(
			({file}) => file,
		),
	).toEqual([
		'/a.json',
		'/d/config.json',
		'/r/containers/auth.json',
		'/h/.config/containers/auth.json',
		'/h/.dockercfg',
	]);
	expect(loginPlaces({HOME: '/h', XDG_CONFIG_HOME: '/c'}, 7).map(({file}) => file)).toEqual([
		'/run/containers/7/auth.json',
		'/c/containers/auth.json',
		'/h/.docker/config.json',
		'/h/.dockercfg',
	]);
});

test.each<[string, Record<string, unknown>, Record<string, string>, string]>([
	['REGISTRY_AUTH_FILE', {'a.json': {auths: {[host]: auth('ada:x')}}}, {REGISTRY_AUTH_FILE: 'a.json'}, 'a.json'],
	['XDG_RUNTIME_DIR', {'run/containers/auth.json': {auths: {[host]: auth('ada:x')}}}, {}, 'run/containers/auth.json'],
	[
		'podman’s folder',
		{'.config/containers/auth.json': {auths: {[host]: auth('ada:x')}}},
		{},
		'.config/containers/auth.json',
	],
	['docker’s folder', {'.docker/config.json': {auths: {[host]: auth('ada:x')}}}, {}, '.docker/config.json'],
	['the old file', {'.dockercfg': {[host]: auth('ada:x')}}, {}, '.dockercfg'],
])('a login in %s is found, and says where it is', async (_, files, variables, file) => {
	const environment = await home(files, variables);

	expect((await find(environment)).logins).toEqual({
		username: 'ada',
		password: 'x',
		from: `the entry "${host}" of ${path.join(environment.HOME, file)}`,
	});
	expect((await find(environment, 'other.example')).logins).toBeUndefined();
});

test.each<[string, Record<string, string>, unknown]>([
	['a name and a password', {username: 'ada', password: 'x'}, {username: 'ada', password: 'x'}],
	['auth before a name and a password', {...auth('eve:y'), username: 'ada', password: 'x'}, {username: 'eve'}],
	['an identity token beside an empty password', {...auth('ada:'), identitytoken: 't'}, {identityToken: 't'}],
	['a registry token', {registrytoken: 't', identitytoken: 'u'}, {registryToken: 't'}],
	['the name of a token', auth('<token>:t'), {identityToken: 't'}],
	['a padded password', auth('ada:x\0\0'), {username: 'ada', password: 'x'}],
])('an entry with %s is read', async (_, entry, login) => {
	expect((await find(await home({'.docker/config.json': {auths: {[host]: entry}}}))).logins).toMatchObject(
		login as object,
	);
});

test.each<[string, Record<string, string>]>([
	['nothing', {}],
	['a name and an empty password', auth('ada:')],
	['what is no pair', {auth: 'YWRh'}],
])('an entry with %s is no login, and the next file is read', async (_, entry) => {
	const environment = await home({
		'.config/containers/auth.json': {auths: {[host]: entry}},
		'.docker/config.json': {auths: {[host]: auth('ada:x')}},
	});

	expect((await find(environment)).logins).toMatchObject({username: 'ada'});
});

test('entries of repositories stand beside the one of the host', async () => {
	const {logins} = await find(
		await home({
			'.config/containers/auth.json': {
				auths: {
					[`${host}/acme`]: auth('acme:x'),
					[`${host}/acme/secret`]: auth('secret:y'),
					'r.example/acme': auth('z:z'),
				},
			},
			'.docker/config.json': {auths: {[host]: auth('all:z')}},
		}),
	);

	expect(
		['acme/app', 'acme/secret/deep', 'acmes', undefined].map(
			repository => (loginFor(logins, repository) as {username: string}).username,
		),
	).toEqual(['acme', 'secret', 'all', 'all']);
});

test('a helper may answer with a token, is asked under the forms that entries have, and says which file names it', async () => {
	const environment = await home({
		'.docker/config.json': {credsStore: 'fake', auths: {[`https://${host}/v1/`]: {}}},
		'bin/docker-credential-fake': `#!/bin/sh\nread server\necho "$1 $server" >> "$HOME/asked"\n[ "$server" = https://${host}/v1/ ] && echo '{"Username":"<token>","Secret":"t"}' || { echo credentials not found; exit 1; }\n`,
	});
	await chmod(path.join(environment.HOME, 'bin/docker-credential-fake'), 0o755);
	const {logins} = await find({...environment, PATH: `${environment.HOME}/bin:${environment.PATH}`});

	expect(logins).toEqual({
		identityToken: 't',
		from: `docker-credential-fake, which ${environment.HOME}/.docker/config.json names`,
	});
});

test('what was looked at is said, with nothing of what it holds', async () => {
	const environment = await home({
		'.config/containers/auth.json': {auths: {'other.example': auth('ada:hunter2')}},
		'.docker/config.json': {credsStore: 'fake'},
		'.dockercfg/x': '',
	});
	const {logins, sought} = await find(environment);
	const at = (name: string) => path.join(environment.HOME, name);

	expect(logins).toBeUndefined();
	expect(sought).toEqual([
		`${at('run/containers/auth.json')} (does not exist)`,
		`${at('.config/containers/auth.json')} (no login for ${host})`,
		`${at('.docker/config.json')} (docker-credential-fake is not installed, no login for ${host})`,
		`${at('.dockercfg')} (is not a regular file of a usual size)`,
	]);
});

test('a file that is not one of logins stops the search, and is named', async () => {
	await expect(find(await home({'.config/containers/auth.json': '{"auths":7}'}))).rejects.toMatchObject({
		code: 'credentials.docker',
		message: expect.stringContaining('.config/containers/auth.json'),
	});
	expect((await find(await home({'.config/containers/auth.json': ''}))).logins).toBeUndefined();
});
