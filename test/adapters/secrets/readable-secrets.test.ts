import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {learnReadableSecrets} from '../../../src/adapters/secrets/readable-secrets.ts';
import {parseConfiguration} from '../../../src/domain/configuration.ts';
import {createRedaction} from '../../../src/domain/text/redaction.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

test('every secret that can be read without running a program is hidden from the first byte on', async () => {
	const folder = await createTempFolder();
	const file = path.join(folder, 'token');
	const keyFile = path.join(folder, 'key.pem');
	await writeFile(file, 'file-secret\n', {mode: 0o600});
	await writeFile(keyFile, '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG\n-----END PRIVATE KEY-----\n');
	await writeFile(
		path.join(folder, 'config.json'),
		JSON.stringify({
			auths: {
				'r.example': {auth: Buffer.from('ada:docker-secret').toString('base64')},
				'q.example': {identitytoken: 'identity-secret'},
				odd: 7,
			},
		}),
	);
	const redaction = createRedaction();

	await learnReadableSecrets(
		parseConfiguration(
			`registries:
  one: {url: https://one.example, credentials: {env: {username: ONE_USER, password: ONE_PASS}}}
  two: {url: https://two.example, credentials: {username: ci, password: {env: TWO_PASS}}}
  three:
    url: https://three.example
    credentials: {username: ci, password: {command: [touch, ${path.join(folder, 'ran')}]}}
    clientCertificate: {certFile: none, keyFile: ${keyFile}}
  four: {url: https://four.example, credentials: {username: ci, password: {file: /nowhere}}}
  five: {url: https://five.example, credentials: {username: ci, password: {file: /dev/zero}}}
woodpecker: {url: https://ci.example, token: {file: ${file}}}
`,
			'regmedic.yaml',
		),
		{
			redaction,
			environment: {
				DOCKER_CONFIG: folder,
				ONE_USER: 'nora',
				ONE_PASS: 'one-secret',
				TWO_PASS: 'two-secret',
				PUSHGATEWAY_PASSWORD: 'push-secret',
				HTTPS_PROXY: 'http://ada:p%40xy-secret@proxy:3128',
			},
		},
	);

	for (const secret of [
		'file-secret',
		'docker-secret',
		'identity-secret',
		'one-secret',
		'two-secret',
		'push-secret',
		'p@xy-secret',
		'MIIEvQIBADANBgkqhkiG',
		Buffer.from('nora:one-secret').toString('base64'),
	]) {
		expect(redaction.redact(`<${secret}>`)).toBe('<[secret]>');
	}
});
