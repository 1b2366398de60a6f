import {execFileSync} from 'node:child_process';
import {chmod, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {createSecrets} from '../../../src/adapters/secrets/secrets.ts';
import type {CredentialSource} from '../../../src/domain/configuration.ts';
import {createRedaction} from '../../../src/domain/text/redaction.ts';
import {processes} from '../../support/processes.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

const host = 'registry.example:5050';

function secretsOf(source: CredentialSource | undefined, environment: Record<string, string | undefined> = {}) {
	const redaction = createRedaction();
	const asked: string[] = [];
	return createSecrets({
		environment: {PATH: process.env.PATH, HOME: '/nowhere', XDG_RUNTIME_DIR: '/nowhere', ...environment},
		processes,
		redaction,
		sourceOf: each => {
			asked.push(each);
			return source;
		},
	});
}

async function dockerFolder(config: unknown): Promise<string> {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
	return folder;
}

/** A credential helper on a PATH of its own. */
async function helper(script: string): Promise<string> {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'docker-credential-fake'), `#!/bin/sh\n${script}\n`);
	await chmod(path.join(folder, 'docker-credential-fake'), 0o755);
	return `${folder}:${process.env.PATH}`;
}

test('a host without a source is anonymous', async () => {
	expect(await secretsOf(undefined).registry(host)).toBeUndefined();
});

test.each([[host], [`https://${host}`], [`https://${host}/v2/`]])(
	'credentials that docker login stored under %s are found, and redacted from then on',
	async key => {
		const auth = Buffer.from('ada:hunter2:with:colons').toString('base64');
		const secrets = secretsOf({docker: true}, {DOCKER_CONFIG: await dockerFolder({auths: {[key]: {auth}}})});

		expect(await secrets.registry(host)).toMatchObject({username: 'ada', password: 'hunter2:with:colons'});
		expect(secrets.redact(`x ${auth} hunter2:with:colons`)).toBe('x [secret] [secret]');
	},
);

test('a credential helper reads the host from standard input, and may have no credentials', async () => {
	const folder = await dockerFolder({credHelpers: {[host]: 'fake'}});
	const answers = await helper(
		`read server; [ "$1" = get ] && [ "$server" = ${host} ] && echo '{"Username":"ada","Secret":"hunter2"}'`,
	);
	const has = secretsOf({docker: true}, {DOCKER_CONFIG: folder, PATH: answers});
	expect(await has.registry(host)).toMatchObject({username: 'ada', password: 'hunter2'});

	const none = await helper('echo "credentials not found in native keychain"; exit 1');
	expect(await secretsOf({docker: true}, {DOCKER_CONFIG: folder, PATH: none}).registry(host)).toBeUndefined();
});

test('when the helper has no credentials, those of the file are used', async () => {
	const auth = Buffer.from('ada:hunter2').toString('base64');
	const folder = await dockerFolder({credsStore: 'fake', auths: {[host]: {auth}}});
	const none = await helper('echo "credentials not found in native keychain"; exit 1');

	expect(await secretsOf({docker: true}, {DOCKER_CONFIG: folder, PATH: none}).registry(host)).toMatchObject({
		username: 'ada',
		password: 'hunter2',
	});
});

test('the error of a failed helper has the command to try, and nothing that the helper printed', async () => {
	const folder = await dockerFolder({credHelpers: {[host]: 'fake'}});
	const PATH = await helper('echo hunter2; exit 3');
	const error = await secretsOf({docker: true}, {DOCKER_CONFIG: folder, PATH})
		.registry(host)
		.catch(each => each);

	expect(error).toMatchObject({
		code: 'credentials.helper',
		exit: 'configuration',
		hint: expect.stringContaining('docker-credential-fake get'),
	});
	expect(JSON.stringify([error.message, error.hint, String(error.cause)])).not.toContain('hunter2');
});

test('a helper that is not installed leaves the entries of the file, and is named where there are none', async () => {
	const auth = Buffer.from('ada:hunter2').toString('base64');
	for (const config of [{credsStore: 'fake'}, {credHelpers: {[host]: 'fake'}}]) {
		const environment = {DOCKER_CONFIG: await dockerFolder({...config, auths: {[host]: {auth}}}), PATH: '/nowhere'};
		expect(await secretsOf({docker: true}, environment).registry(host)).toMatchObject({username: 'ada'});
	}

	const empty = secretsOf({docker: true}, {DOCKER_CONFIG: await dockerFolder({credsStore: 'fake'}), PATH: '/nowhere'});
	expect(await empty.registry(host)).toBeUndefined();
	expect(empty.sought(host).join()).toContain('docker-credential-fake is not installed');
});

test.each([
	['{"auths":', 'credentials.docker'],
	[{credHelpers: {[host]: '../evil'}}, 'credentials.helper'],
])('a Docker configuration like %j is refused', async (config, code) => {
	const secrets = secretsOf({docker: true}, {DOCKER_CONFIG: await dockerFolder(config)});

	await expect(secrets.registry(host)).rejects.toMatchObject({code, exit: 'configuration'});
});

test('variables are read by name, and an empty one counts as not set', async () => {
	const source = {env: {username: 'REG_USER', password: 'REG_PASS'}};

	expect(await secretsOf(source, {REG_USER: 'ada', REG_PASS: 'hunter2'}).registry(host)).toMatchObject({
		username: 'ada',
		password: 'hunter2',
	});
	await expect(secretsOf(source, {REG_USER: 'ada', REG_PASS: ''}).registry(host)).rejects.toMatchObject({
		code: 'credentials.environment',
		message: expect.stringContaining('REG_PASS'),
	});
});

test('credentials that failed once are read again', async () => {
	const environment: Record<string, string> = {HOME: '/nowhere'};
	const redaction = createRedaction();
	const secrets = createSecrets({
		environment,
		processes,
		redaction,
		sourceOf: () => ({env: {username: 'U', password: 'P'}}),
	});
	await expect(secrets.registry(host)).rejects.toMatchObject({code: 'credentials.environment'});

	Object.assign(environment, {U: 'ada', P: 'hunter2'});
	expect(await secrets.registry(host)).toMatchObject({username: 'ada', password: 'hunter2'});
});

test('a command prints the secret, and no error contains it', async () => {
	const secrets = secretsOf(undefined, {WHERE: 'vault'});
	expect(await secrets.read({command: ['sh', '-c', 'echo "hunter2-$WHERE"']}, 'the token')).toBe('hunter2-vault');
	expect(secrets.redact('hunter2-vault')).toBe('[secret]');

	for (const command of [['sh', '-c', 'echo hunter2; exit 1'], ['sh', '-c', ':'], ['no-such-program']]) {
		const error = await secrets.read({command}, 'the token').catch(each => each);
		expect(error).toMatchObject({code: 'credentials.command', exit: 'configuration'});
		expect(`${error.message} ${error.hint} ${error.cause}`).not.toContain('hunter2');
	}
});

test('a secret file that other users can read is refused', async () => {
	const folder = await createTempFolder();
	const file = path.join(folder, 'token');
	const secrets = secretsOf(undefined, {HOME: folder});
	await writeFile(file, 'hunter2\n', {mode: 0o600});
	expect(await secrets.read({file}, 'the token')).toBe('hunter2');
	expect(await secrets.read({file: '~/token'}, 'the token')).toBe('hunter2');

	for (const mode of [0o640, 0o604, 0o660]) {
		await chmod(file, mode);
		await expect(secrets.read({file}, 'the token')).rejects.toMatchObject({
			code: 'credentials.file-open',
			hint: `Run: chmod 600 ${file}`,
		});
	}
});

test('a pipe or a device in place of a secret file is refused at once, also as Docker’s configuration', async () => {
	const folder = await createTempFolder();
	execFileSync('mkfifo', ['-m', '600', path.join(folder, 'token'), path.join(folder, 'config.json')]);
	const read = (file: string) => secretsOf(undefined).read({file}, 'the token');

	await expect(read(path.join(folder, 'token'))).rejects.toMatchObject({
		code: 'credentials.file',
		message: expect.stringContaining('is not a regular file'),
	});
	await expect(read('/dev/zero')).rejects.toMatchObject({code: 'credentials.file'});
	expect(await secretsOf({docker: true}, {DOCKER_CONFIG: folder}).registry(host)).toBeUndefined();
});

test('a secret file that is missing, empty or a folder is an error', async () => {
	const folder = await createTempFolder();
	await writeFile(path.join(folder, 'empty'), '\n', {mode: 0o600});
	await mkdir(path.join(folder, 'folder'), {mode: 0o700});
	const {read} = secretsOf(undefined);

	for (const name of ['gone', 'empty', 'folder']) {
		await expect(read({file: path.join(folder, name)}, 'the token')).rejects.toMatchObject({
			code: 'credentials.file',
			exit: 'configuration',
		});
	}
});
